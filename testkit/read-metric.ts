/** One figure of what a relay tells Prometheus. */

/** @param metric its name, with its labels if it has any @throws {Error} there is none */
export async function readMetric(relayUrl: string, metric: string): Promise<number> {
  const text = await (await fetch(`${relayUrl}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${metric} `))
  if (line === undefined) throw new Error(`${metric} is not in\n${text}`)
  return Number(line.split(' ').at(-1))
}
