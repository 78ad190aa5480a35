/** `fairlead orders`: what was ordered, and why. */
import type { Order, OrderState } from '@fairlead/protocol/contract'
import { type Command, Option } from 'commander'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { ageOf, shortTime, timeInWords } from '../times.ts'
import { harmless, wordsOf } from '../words.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { tryInWords } from './services.ts'
import { withAccess } from './with-access.ts'

type ListFlags = CommonFlags & PageFlags & { device?: string; service?: string; state?: OrderState }

export function addOrderCommand(program: Command, terminal: Terminal): void {
  const list = program.command('orders').argument('[ID]').description('lists orders, or says why one was made')
  withPages(withAccess(list))
    .option('--device <id>', 'only those for this device')
    .option('--service <id>', 'only those of this service')
    .addOption(new Option('--state <state>', 'only those in this state').choices(['waiting', 'taken', 'failed']))
    .action(async (id: string | undefined, flags: ListFlags) => {
      const { orders } = openClient(flags, terminal)
      if (id !== undefined) {
        const order = await orders.find(id)
        return terminal.print(flags.json ? JSON.stringify(order) : orderInWords(order, terminal.now()))
      }
      const { device, service, state } = flags
      const filter = {
        ...(device !== undefined && { device }),
        ...(service !== undefined && { subscription: service }),
        ...(state !== undefined && { state }),
      }
      const page = await readPages(flags, (query) => orders.list({ ...filter, ...query }))
      if (flags.json) return terminal.print(JSON.stringify(page))
      if (page.items.length > 0) terminal.print(ordersInWords(page.items, terminal))
      else terminal.print('No orders. `fairlead services` shows what waits to order something.')
      tellOfMore(page, terminal)
    })
}

function ordersInWords(orders: readonly Order[], { columns, now }: Terminal): string {
  const rows = orders.map(({ orderId, device, object, value, state, createdAt }) => [
    orderId,
    device,
    harmless(object),
    wordsOf(value),
    state,
    ageOf(createdAt, now()),
  ])
  return tableOf(['ID', 'DEVICE', 'OBJECT', 'READ', 'STATE', 'MADE'], rows, columns)
}

/** "Why was this ordered?" */
function orderInWords(order: Order, now: number): string {
  const { orderId, device, object, createdAt, state, reasons, tries, nextTryAt } = order
  const told = tries.map((each) => `  ${timeInWords(each.at, now)}: ${tryInWords(each)}`)
  return [
    `${orderId}: ${harmless(object)} of ${device}, ordered ${timeInWords(createdAt, now)}, ${state}`,
    'because',
    ...reasons.map((reason) => `  ${harmless(reason)}`),
    ...(told.length > 0 ? ['told to the service', ...told] : []),
    ...(nextTryAt === null ? [] : [`next try ${shortTime(nextTryAt)}`]),
  ].join('\n')
}
