/** What the test of the console's sources asks of `build-console.mjs`. */
export function consoleSources(): string[]
