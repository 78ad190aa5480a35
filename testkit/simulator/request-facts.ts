/** What is really so about one request, and how an invariant says that it was broken. */

/** One request ID, from whoever asked to whatever became of it. */
export interface RequestFacts {
  readonly id: string
  /** What the service wants, once: it may ask for it again with the same idempotency key. */
  readonly tag: string
  readonly account: string
  readonly device: string
  readonly isKeyed: boolean
  readonly askedMs: number
  readonly timeoutMs: number
  /** It must have ended by then, unless the relay dies before. */
  readonly endsByMs: number
  /** Which life of the relay took it. */
  readonly life: number
  readonly call: number
  /** How many replies its call was given. */
  replies: number
  /** It waits on disk or goes on without its caller: told so with 202. */
  isPromised: boolean
  /** Its device was told that its answer is taken. */
  isConfirmed: boolean
  /** The relay would not take it, with this code. */
  refusal: string | undefined
  /** The relay has written down that it ended. */
  outcome: string | undefined
  /** What services were told last. */
  told: { outcome: string; value: string | undefined } | undefined
  executions: { device: string; value: string }[]
  /** In which response of which session its push left. */
  pushes: { sid: string; rid: number }[]
  token: number
  /** A full disk has kept its end from being written: after a crash nobody knows of it. */
  isForgotten: boolean
}

export interface Broken {
  invariant: string
  words: string
}
