/** `fairlead services`: who is told, and when, that something runs low. */
import type { Condition, NewSubscriptionInput, Subscription, WebhookTry } from '@fairlead/protocol/contract'
import { type Command, InvalidArgumentError } from 'commander'
import { wholeNumber } from '../read-option.ts'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { timeInWords } from '../times.ts'
import { harmless } from '../words.ts'
import { beforeHarm, type HarmFlags, withYes } from './before-harm.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { withAccess } from './with-access.ts'

type NewCondition = NewSubscriptionInput['conditions'][number]

interface AddFlags extends CommonFlags {
  when: NewCondition[]
  url: string
  device?: string
  account?: string
  hysteresis?: number
  for?: number
}

export function addServiceCommands(program: Command, terminal: Terminal): void {
  const list = program.command('services').description('lists what services are told of by a webhook')
  const services = withPages(withAccess(list)).action(async (flags: CommonFlags & PageFlags) => {
    const page = await readPages(flags, openClient(flags, terminal).subscriptions.list)
    if (flags.json) return terminal.print(JSON.stringify(page))
    if (page.items.length === 0) terminal.print('No services. Add one with `fairlead services add NAME`.')
    else terminal.print(servicesInWords(page.items, terminal))
    tellOfMore(page, terminal)
  })
  addAdding(services, terminal)
  addConsent(services, terminal)
  addMissing(services, terminal)
  const oneOf = (word: string, does: string) => withAccess(services.command(word).argument('<ID>').description(does))

  oneOf('pause', 'orders nothing more for now; --off has it go on')
    .option('--off', 'goes on, with evidence gathered anew')
    .action(async (id: string, flags: CommonFlags & { off?: boolean }) => {
      const changed = await openClient(flags, terminal).subscriptions.pause(id, !flags.off)
      if (flags.json) terminal.print(JSON.stringify(changed))
      else terminal.print(`${harmless(changed.name)} ${changed.paused ? 'is paused' : 'goes on'}.`)
    })
  oneOf('test', 'sends a signed ping to its webhook').action(async (id: string, flags: CommonFlags) => {
    const tried = await openClient(flags, terminal).subscriptions.test(id)
    terminal.print(flags.json ? JSON.stringify(tried) : `The ping: ${tryInWords(tried)}.`)
  })
  oneOf('rotate', 'makes a new signing secret and shows it once').action(async (id: string, flags: CommonFlags) => {
    const made = await openClient(flags, terminal).subscriptions.rotate(id)
    const words = `The new secret, shown this once: ${made.secret}\nFor a day each call is signed with the one before as well.`
    terminal.print(flags.json ? JSON.stringify(made) : words)
  })
  withYes(oneOf('remove', 'ends it; what it ordered stays to be seen')).action(
    async (id: string, flags: CommonFlags & HarmFlags) => {
      const warning = `The service ${id} is told nothing more, and what has not reached it never will. It cannot be had back: \`fairlead services add\` makes another, which does not know what this one has ordered.`
      await beforeHarm('remove', warning, flags, terminal)
      await openClient(flags, terminal).subscriptions.remove(id)
      if (!flags.json) terminal.print(`The service ${id} is removed.`)
    },
  )
}

function addAdding(services: Command, terminal: Terminal): void {
  withAccess(services.command('add').argument('<NAME>').description('has a service told once for each cartridge'))
    .requiredOption('--when <condition>', "as 'toner.black<=20'; repeatable, and all must hold", readCondition)
    .requiredOption('--url <url>', 'where it is told, by a signed call')
    .option('--device <id>', 'of this device only; else of all of the account')
    .option('--account <id>', "whose devices (with the admin key); else the key's own")
    .option('--hysteresis <points>', 'a rise by so much is a new cartridge (10)', wholeNumber(0, 1_000_000))
    .option('--for <seconds>', 'how long it must have held', wholeNumber(0, 604_800, 'seconds'))
    .action(async (name: string, flags: AddFlags) => {
      const { when, url, device, account, hysteresis, for: forSeconds } = flags
      const more = { ...(hysteresis !== undefined && { hysteresis }), ...(forSeconds !== undefined && { forSeconds }) }
      const added = await openClient(flags, terminal).subscriptions.add({
        name,
        conditions: when.map((condition) => ({ ...condition, ...more })),
        webhook: { url },
        ...(device !== undefined && { device }),
        ...(account !== undefined && { account }),
      })
      if (flags.json) return terminal.print(JSON.stringify(added))
      terminal.print(`The service ${added.subscriptionId} is told when ${conditionsInWords(added)}.`)
      terminal.print(`Its secret, shown this once: ${added.webhook.secret}`)
    })
}

function addConsent(services: Command, terminal: Terminal): void {
  const does = 'lets services be performed for a device that was not claimed by its code'
  withAccess(services.command('consent').argument('<DEVICE>').description(does))
    .option('--withdraw', 'takes the consent back')
    .action(async (device: string, flags: CommonFlags & { withdraw?: boolean }) => {
      const { devices } = openClient(flags, terminal)
      if (flags.withdraw) {
        await devices.withdrawConsent(device)
        if (!flags.json) terminal.print(`Nothing more is ordered for ${device}.`)
        return
      }
      const consent = await devices.consent(device)
      terminal.print(flags.json ? JSON.stringify(consent) : `Services are performed for ${device} from now on.`)
    })
}

const missingInWords = {
  owner: 'an owner: claim it, pair with it, or enrol it',
  instruction: 'the press of "Confirm" at the device after its claim',
  consent: 'the consent of its owner: `fairlead services consent ID`',
} as const

function addMissing(services: Command, terminal: Terminal): void {
  const does = 'lists the devices for which no service is performed, and what is missing'
  withPages(withAccess(services.command('missing').description(does))).action(
    async (flags: CommonFlags & PageFlags) => {
      const { mandates } = openClient(flags, terminal)
      const page = await readPages(flags, (query) => mandates.list({ ...query, missing: true }))
      if (flags.json) return terminal.print(JSON.stringify(page))
      const rows = page.items.map(({ device, missing }) => [device, missing === null ? '' : missingInWords[missing]])
      if (rows.length === 0) terminal.print('Nothing is missing: services are performed for every device.')
      else terminal.print(tableOf(['DEVICE', 'MISSING'], rows, terminal.columns))
      tellOfMore(page, terminal)
    },
  )
}

/** @throws {InvalidArgumentError} */
function readCondition(text: string, before: NewCondition[] = []): NewCondition[] {
  const [, object, op, wanted] = /^\s*([^<>=!\s]+)\s*(<=|>=|==|!=|<|>)\s*(\S.*?)\s*$/.exec(text) ?? []
  if (object === undefined || op === undefined || wanted === undefined)
    throw new InvalidArgumentError("It must be OBJECT, one of <= < >= > == !=, and a value, as in 'toner.black<=20'.")
  const value = /^-?\d+(\.\d+)?$/.test(wanted) ? Number(wanted) : wanted
  return [...before, { object, op: op as Condition['op'], value }]
}

function servicesInWords(subscriptions: readonly Subscription[], { columns, now }: Terminal): string {
  const rows = subscriptions.map((subscription) => [
    subscription.subscriptionId,
    harmless(subscription.name),
    subscription.device ?? `all of ${subscription.account}`,
    conditionsInWords(subscription),
    harmless(subscription.webhook.url),
    stateInWords(subscription, now()),
  ])
  return tableOf(['ID', 'NAME', 'DEVICE', 'WHEN', 'TOLD AT', 'STATE'], rows, columns)
}

/** Paused or on, and whether the service has heard of what was ordered. */
function stateInWords({ paused, webhook: { takenAt, failingSinceAt, lastTry } }: Subscription, now: number): string {
  const state = paused ? 'paused' : 'on'
  if (failingSinceAt !== null && lastTry)
    return `${state}, failing since ${timeInWords(failingSinceAt, now)}: ${tryInWords(lastTry)}`
  return takenAt === null ? state : `${state}, a call was taken ${timeInWords(takenAt, now)}`
}

function conditionsInWords({ conditions }: Pick<Subscription, 'conditions'>): string {
  return conditions
    .map(
      ({ object, op, value, forSeconds }) => `${object} ${op} ${value}${forSeconds > 0 ? ` for ${forSeconds} s` : ''}`,
    )
    .map(harmless)
    .join(' and ')
}

export function tryInWords({ status, error }: WebhookTry): string {
  if (status === undefined) return harmless(error ?? 'no answer').replace(/\.$/, '')
  return status >= 200 && status < 300 ? `taken (${status})` : `refused (${status})`
}
