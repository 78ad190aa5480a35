/** Tells who asked (`Expect: 100-continue`, RFC 9110 §10.1.1) to go on, and never in the midst of an answer. */
import type { ServerResponse } from 'node:http'

/**
 * Node says it at once; while an answer before this one has not ended, it puts the head of a ready answer in front of that, and
 * the body behind: CUPS, which asks in each request and need not wait until we know that it has all, took the words for IPP.
 * Here it waits for its turn, and whoever is answered by then need not go on.
 */
export function sayContinue(response: ServerResponse): void {
  if (response.socket) return void response.writeContinue()
  const { assignSocket } = response
  response.assignSocket = (socket) => {
    assignSocket.call(response, socket)
    if (!response.headersSent) response.writeContinue()
  }
}
