/** An idempotency key: what is sent twice with it is one job. `crypto.randomUUID` is not there over plain HTTP. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
