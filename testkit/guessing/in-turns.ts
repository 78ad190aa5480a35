/** Does one thing for each of many, so many at a time. */

export async function inTurns<Thing>(
  things: readonly Thing[],
  atOnce: number,
  work: (thing: Thing, at: number) => Promise<unknown>,
): Promise<void> {
  const left = things.entries()
  const worker = async () => {
    for (const [at, thing] of left) await work(thing, at)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
