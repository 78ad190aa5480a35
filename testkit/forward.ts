/** Carries connections from a socket file to a TCP port: a door out of a network namespace. `node forward.ts PATH HOST PORT` */
import { connect, createServer } from 'node:net'

const [path = '', host = '', port = ''] = process.argv.slice(2)

const server = createServer((near) => {
  const far = connect(Number(port), host)
  near.pipe(far).pipe(near)
  for (const socket of [near, far])
    socket
      .on('error', () => {})
      .on('close', () => {
        near.destroy()
        far.destroy()
      })
})
server.listen(path, () => console.log(JSON.stringify({ event: 'forward.ready' })))
