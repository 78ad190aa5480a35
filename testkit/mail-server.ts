/** A real SMTP server that keeps what it takes, wants a log-in, and can be away or refuse in words. */
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { findFreePort } from './ports.ts'

export interface Mail {
  from: string
  to: string[]
  /** As it came: headers and body (RFC 5322). */
  text: string
}

export interface MailServer extends AsyncDisposable {
  /** `smtp://USER:PASSWORD@HOST:PORT` */
  readonly url: string
  readonly mails: readonly Mail[]
  /** What it says to each recipient; undefined: it takes them. */
  refusal: { code: number; words: string } | undefined
  close(): Promise<void>
  open(): Promise<void>
}

const [user, password] = ['sender', 'p@ss word']

export async function openMailServer(): Promise<MailServer> {
  const port = await findFreePort()
  const mails: Mail[] = []
  let server: SMTPServer | undefined

  const opened: MailServer = {
    url: `smtp://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    mails,
    refusal: undefined,
    async open() {
      server = new SMTPServer({
        disabledCommands: ['STARTTLS'],
        allowInsecureAuth: true,
        onAuth(auth, _session, answer) {
          const isRight = auth.username === user && auth.password === password
          answer(isRight ? null : new Error('Who are you?'), { user })
        },
        onRcptTo(_address, _session, answer) {
          const { refusal } = opened
          answer(refusal && Object.assign(new Error(refusal.words), { responseCode: refusal.code }))
        },
        onData(stream, { envelope }, answer) {
          void text(stream).then((content) => {
            const to = envelope.rcptTo.map(({ address }) => address)
            mails.push({ from: envelope.mailFrom ? envelope.mailFrom.address : '', to, text: content })
            answer()
          })
        },
      })
      server.on('error', () => undefined)
      const listening = server.listen(port, '127.0.0.1')
      await new Promise((resolve) => listening.once('listening', resolve))
    },
    async close() {
      const closing = server
      server = undefined
      if (closing) await new Promise<void>((resolve) => closing.close(resolve))
    },
    [Symbol.asyncDispose]: () => opened.close(),
  }
  await opened.open()
  return opened
}
