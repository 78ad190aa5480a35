/** Ends with 0 when the relay in this container can serve: `/readyz` at the port of FAIRLEAD_LISTEN. */
const port = /:(\d+)$/.exec(process.env.FAIRLEAD_LISTEN ?? '')?.[1] ?? '8080'
const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) }).catch(String)
if (answer.ok) process.exit(0)
console.error(answer.text ? await answer.text() : answer)
process.exit(1)
