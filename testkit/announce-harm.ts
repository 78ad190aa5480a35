/** A neighbour that announces whatever might do harm, without end; and says when somebody asks the stranger that it names. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { argv } from 'node:process'
import { setInterval } from 'node:timers/promises'
import { addressRecord, serviceRecords, writeResponse } from '../agent/discovery/fixture-announcements.ts'

const [, , from = '', by = '', stranger = ''] = argv
const group = '224.0.0.251'
const port = 5353

const asked = createSocket('udp4')
asked.on('message', () => console.log(JSON.stringify({ event: 'asked' })))
asked.bind(161, stranger)
await once(asked, 'listening')

const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.bind(port, from)
await once(socket, 'listening')
socket.setMulticastInterface(by)

/** Each of it once, and then a flood of printers that are not there. */
const harm = [
  ...[
    {
      instance: '../../etc/\u001b[2J\u001b]0;owned\u0007',
      host: 'escape',
      address: from,
      texts: ['rp=$(reboot)', 'ty=\u001b[31mRed', 'note=\u202egnp'],
    },
    { instance: 'loopback', host: 'loopback', address: '127.0.0.1', texts: ['rp=ipp/print'] },
    { instance: 'stranger', host: 'stranger', address: stranger, texts: ['rp=ipp/print'] },
  ].map(({ address, ...service }) =>
    writeResponse([...serviceRecords({ type: '_ipp', ...service }), addressRecord(service.host, address)]),
  ),
  Buffer.concat([writeResponse([], 65_535), Buffer.of(0xc0, 12)]),
  Buffer.alloc(8000, 0xc0),
  Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
]
const flood = Array.from({ length: 5000 }, (_, i) =>
  writeResponse(serviceRecords({ type: '_ipps', instance: `flood ${i}`, host: `flood-${i}` })),
)

console.log(JSON.stringify({ event: 'up' }))
const atOnce = 10
let at = 0
for await (const _tick of setInterval(20)) {
  for (const message of [...harm, ...flood.slice(at, at + atOnce)]) socket.send(message, port, group)
  at = (at + atOnce) % flood.length
}
