/** Who may log in, and until when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeIn, storedIn, temporaryFolder } from '../database/for-tests.ts'
import { isSecretOf } from './credentials.ts'
import { acme, openWorld } from './for-tests.ts'

const secret = 'a secret of sixteen and more'

test('the right secret is let in, each wrong one is not, nor is an unknown device', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  assert.equal(await logIn.checkSecret('a', secret), true)
  for (const wrong of ['', secret.slice(1), `${secret} `, 'x'.repeat(129)])
    assert.equal(await logIn.checkSecret('a', wrong), false, wrong)
  assert.equal(await logIn.checkSecret('b', secret), false)
  assert.deepEqual(await logIn.findCredentials('b'), [])
})

test('a secret that was found good costs no PBKDF2 again; a wrong one still fails', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  await logIn.checkSecret('a', secret)
  async function millisecondsOf(calls: number, asked: string): Promise<number> {
    const startedMs = performance.now()
    for (let call = 0; call < calls; call++) await logIn.checkSecret('a', asked)
    return performance.now() - startedMs
  }
  const remembered = await millisecondsOf(500, secret)
  const stretched = await millisecondsOf(100, `${secret}?`)
  assert.ok(remembered < stretched, `500 remembered ${remembered} ms, 100 stretched ${stretched} ms`)
  assert.equal(await logIn.checkSecret('a', `${secret}!`), false)
})

test('S-A4 SCRAM keys are on disk, the secret is not', async () => {
  using folder = temporaryFolder()
  {
    await using world = await openWorld(folder.path)
    await world.devices.enrol(acme, { id: 'a', secret })
    await world.devices.logIn.checkSecret('a', secret)
  }
  assert.ok(!storedIn(await placeIn(folder.path)).includes(secret))
  await using world = await openWorld(folder.path)
  assert.equal(await world.devices.logIn.checkSecret('a', secret), true)
  const [credentials] = await world.devices.logIn.findCredentials('a')
  assert.ok(credentials && (await isSecretOf(secret, credentials)))
  assert.equal(credentials.iterations, 4096)
})

test('S-A4 a rotation without overlap ends the old secret and its sessions at once', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  assert.equal(await logIn.checkSecret('a', secret), true)
  const rotated = await world.devices.rotate(acme, 'a', { overlapSeconds: 0 })
  assert.match(rotated.secret, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(world.ended, ['a rotated'])
  assert.equal(await logIn.checkSecret('a', secret), false)
  assert.equal(await logIn.checkSecret('a', rotated.secret), true)
  assert.equal((await logIn.findCredentials('a')).length, 1)
})

test('S-A4 while a rotation overlaps both secrets are good and share one salt; then the old one and its sessions end', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  const rotated = await world.devices.rotate(acme, 'a', { overlapSeconds: 3600 })
  assert.equal(await logIn.checkSecret('a', secret), true)
  assert.equal(await logIn.checkSecret('a', rotated.secret), true)
  const both = await logIn.findCredentials('a')
  assert.equal(both.length, 2)
  assert.deepEqual(both[0]?.salt, both[1]?.salt)
  assert.ok(both[0] && (await isSecretOf(rotated.secret, both[0])), 'the newest is first')
  world.clock.pass(3_599_999)
  assert.equal(await logIn.checkSecret('a', secret), true)
  assert.deepEqual(world.ended, [])
  world.clock.pass(1)
  assert.deepEqual(world.ended, ['a rotated'])
  assert.equal(await logIn.checkSecret('a', secret), false)
  assert.equal(await logIn.checkSecret('a', rotated.secret), true)
  await world.database.write(async () => {})
  assert.equal((await world.database.read.selectFrom('device_credential').selectAll().execute()).length, 1)
})

test('an overlap ends at its time over a restart as well', async () => {
  using folder = temporaryFolder()
  let rotated: string
  {
    await using world = await openWorld(folder.path)
    await world.devices.enrol(acme, { id: 'a', secret })
    rotated = (await world.devices.rotate(acme, 'a', { overlapSeconds: 3600 })).secret
  }
  {
    await using world = await openWorld(folder.path)
    assert.equal(await world.devices.logIn.checkSecret('a', secret), true)
    world.clock.pass(3_600_000)
    assert.equal(await world.devices.logIn.checkSecret('a', secret), false)
    await world.database.write(async () => {})
  }
  await using world = await openWorld(folder.path)
  assert.equal(await world.devices.logIn.checkSecret('a', secret), false)
  assert.equal(await world.devices.logIn.checkSecret('a', rotated), true)
})

test('a second rotation leaves no more than two secrets, and one without overlap only its own', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  const second = await world.devices.rotate(acme, 'a', { overlapSeconds: 100 })
  const third = await world.devices.rotate(acme, 'a', { overlapSeconds: 100 })
  const good = async () => {
    const secrets = [secret, second.secret, third.secret]
    return Promise.all(secrets.map((one) => logIn.checkSecret('a', one)))
  }
  assert.deepEqual(await good(), [false, true, true])
  const last = await world.devices.rotate(acme, 'a', { overlapSeconds: 0 })
  assert.deepEqual(await good(), [false, false, false])
  world.clock.pass(100_000)
  assert.equal(await logIn.checkSecret('a', last.secret), true)
})

test('of rotations at the same time each answers, and the last secret is the only good one', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  const rotated = await Promise.all([0, 1, 2].map(() => world.devices.rotate(acme, 'a', { overlapSeconds: 0 })))
  const good = await Promise.all(rotated.map((one) => logIn.checkSecret('a', one.secret)))
  assert.equal(good.filter(Boolean).length, 1)
})

test('a removed device is not let in, and one enrolled anew under its ID has only the new secret', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  await world.devices.enrol(acme, { id: 'a', secret })
  await world.devices.rotate(acme, 'a', { overlapSeconds: 50 })
  await logIn.checkSecret('a', secret)
  await world.devices.remove(acme, 'a')
  assert.equal(await logIn.checkSecret('a', secret), false)
  const again = await world.devices.enrol(acme, { id: 'a' })
  assert.equal(await logIn.checkSecret('a', secret), false)
  // The overlap of the device that was removed must not end anything of this one.
  world.ended.length = 0
  world.clock.pass(100_000)
  assert.deepEqual(world.ended, [])
  assert.equal(await logIn.checkSecret('a', again.secret), true)
})

test('the first use of a secret is written down once', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a', secret })
  const usedAt = async () => {
    await world.database.write(async () => {})
    return (await world.database.read.selectFrom('device_credential').select('used_at').executeTakeFirst())?.used_at
  }
  await world.devices.logIn.checkSecret('a', 'not the secret at all')
  assert.equal(await usedAt(), null)
  const firstUseMs = world.clock.wallNow()
  world.devices.logIn.loggedIn('a')
  assert.equal(await usedAt(), firstUseMs)
  world.clock.pass(1000)
  world.devices.logIn.loggedIn('a')
  assert.equal(await usedAt(), firstUseMs)
})

test('what a log-in rests on is another after each change of the secret, and nothing after removal', async () => {
  await using world = await openWorld()
  const { logIn } = world.devices
  assert.equal(logIn.basisOf('a'), undefined)
  await world.devices.enrol(acme, { id: 'a', secret })
  const first = logIn.basisOf('a')
  logIn.loggedIn('a')
  assert.ok(first)
  assert.equal(logIn.basisOf('a'), first, 'its use is no change')
  await world.devices.rotate(acme, 'a', { overlapSeconds: 0 })
  assert.ok(logIn.basisOf('a'))
  assert.notEqual(logIn.basisOf('a'), first)
  await world.devices.remove(acme, 'a')
  assert.equal(logIn.basisOf('a'), undefined)
})
