/** Ends a connection with a RST, as a machine does that knows nothing of it any more. */
import type { Socket } from 'node:net'

/**
 * One whose FIN is just on its way is only closed: libuv does not reset it (`uv_tcp_close_reset`, EINVAL), and Node 26 takes
 * it for closed all the same, waits for it at the end of the process, and never ends.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else socket.resetAndDestroy()
}
