/** Passwords: what is kept of one, what is refused, and how much may be stretched at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '@fairlead/base'
import { createPasswords, mustBeHardToGuess } from './passwords.ts'

const passwords = createPasswords(systemRandom)

test('S-A7 a password is kept as Argon2id with a salt of its own, and known again however it is typed', async () => {
  const [one, other] = [await passwords.hash('Grüße aus dem Büro'), await passwords.hash('Grüße aus dem Büro')]
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w-]{22}\$[\w-]{43}$/)
  assert.notEqual(one, other)
  assert.ok(await passwords.matches('Grüße aus dem Büro', one))
  assert.ok(await passwords.matches('Grüße aus dem Büro'.normalize('NFD'), one))
  assert.ok(!(await passwords.matches('grüße aus dem Büro', one)))
})

test('S-A7 where there is no password none is right, and it costs the same', async () => {
  const hash = await passwords.hash('four words nobody says')
  const costOf = async (kept: string | null) => {
    const started = process.cpuUsage()
    for (let at = 0; at < 5; at++) assert.equal(await passwords.matches('not the one at all', kept), false)
    const { user, system } = process.cpuUsage(started)
    return (user + system) / 1000
  }
  await costOf(hash)
  const [some, none] = [await costOf(hash), await costOf(null)]
  // Of the processor: a machine that has other work to do makes one of them slower. To skip the work would be a hundred times.
  assert.ok(none > some / 10 && none < some * 10, `${none} ms, ${some} ms`)
})

test('S-A7 when more wait than may, the next is refused at once', async () => {
  const few = createPasswords(systemRandom, 3)
  const tries = Array.from({ length: 6 }, () =>
    few.hash('four words nobody says').then(
      () => 'done',
      (error) => error.code,
    ),
  )
  assert.deepEqual(
    (await Promise.all(tries)).filter((told) => told !== 'done'),
    ['unavailable'],
  )
})

test('a password that is tried first is refused, whatever is put around it', async () => {
  const own = { email: 'ann.smith@example.com', name: 'Ann Smith' }
  const isTaken = (password: string) =>
    mustBeHardToGuess(password, 'password', own).then(
      () => true,
      () => false,
    )
  for (const password of [
    ...['password1234', 'Password 2026!', 'QWERTYUIOP12', '123456789012', 'aaaaaaaaaaaa', 'abababababab'],
    ...['ann.smith@example.com', 'AnnSmith2026', 'ann.smith12345', 'Letmein-Letmein', '!!!!!!!!!!!!'],
  ])
    assert.ok(!(await isTaken(password)), password)
  for (const password of ['four words nobody says', 'Password printing on roofs', 'ann smith sells umbrellas'])
    assert.ok(await isTaken(password), password)
})

test('6.2.4 a password of the lists of stolen ones is refused, with digits and signs around it as well', async () => {
  const own = { email: 'ann.smith@example.com', name: 'Ann Smith' }
  for (const password of ['Chocolate2026!', 'q1w2e3r4t5y6', 'monkey1234567', '2026-liverpool'])
    await assert.rejects(mustBeHardToGuess(password, 'password', own), /^Failure: body\.password: is /, password)
  for (const password of ['love 8371 5520 9911', '4 8371 5520 9911', 'nine chocolate umbrellas'])
    await mustBeHardToGuess(password, 'password', own)
})

test('a password may be of any characters, signs alone as well', async () => {
  const mayBe = (password: string) => mustBeHardToGuess(password, 'password', { email: 'a@b.example', name: '----' })
  for (const password of ['!#%&/()=?+*~', '(╯°□°)╯︵ ┻━┻ +1', '四つの言葉は誰も言わない', '🖨️🐙🌂🎺🥝🚲'])
    await mayBe(password)
  for (const password of ['!!!!!!!!!!!!', '-_-_-_-_-_-_', '!!!!!!!!!!!a', 'a-b-a-b-a-b-'])
    await assert.rejects(mayBe(password))
})
