/** What time it is, told to whoever shows an age: once a second, and only while somebody looks. */
import { createStore } from './store.ts'

export const now = createStore(Date.now())

setInterval(() => {
  if (!document.hidden) now.set(Date.now())
}, 1000)
document.addEventListener('visibilitychange', () => now.set(Date.now()))
