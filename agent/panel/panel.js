/** Keeps the page fresh: asks for its inside every 3 seconds and puts it in place when something has changed. */
const panel = document.getElementById('panel')
let shown = ''

async function refresh() {
  if (
    document.hidden ||
    panel.querySelector('details[open]') ||
    panel.contains(document.activeElement?.closest('form:active'))
  )
    return
  const answer = await fetch('/inside', { cache: 'no-store' })
  if (!answer.ok) return
  const inside = await answer.text()
  if (inside === shown) return
  const hadFocus = panel.querySelector('button') === document.activeElement
  panel.innerHTML = inside
  shown = inside
  if (hadFocus) panel.querySelector('button')?.focus()
}

// The agent may be restarting: what is on the screen stays until it is back.
setInterval(() => refresh().catch(() => {}), 3000)
document.addEventListener('visibilitychange', () => refresh().catch(() => {}))
