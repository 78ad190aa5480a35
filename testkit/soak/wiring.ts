/** A way of its own between each agent of a street and the relay, so that each can be watched and cut alone. */
export interface Wiring<Way> extends AsyncDisposable {
  /** In the order of the agents. */
  readonly ways: readonly Way[]
  /** For `StreetOptions.through`. */
  through(relayUrl: string): Promise<string>
}

/** @param open the way of the agent with this number, from 0; it is closed with the wiring */
export function wireEach<Way extends AsyncDisposable & { readonly url: string }>(
  open: (relayUrl: string, agent: number) => Promise<Way>,
): Wiring<Way> {
  const opened = new AsyncDisposableStack()
  const ways: Way[] = []
  return {
    ways,
    async through(relayUrl) {
      const way = opened.use(await open(relayUrl, ways.length))
      ways.push(way)
      return way.url
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
