/** Keeps the page fresh: asks for its inside every 3 seconds, or each second while something is awaited, and puts it in place when something has changed. */
const panel = document.getElementById('panel')
let shown = ''

async function refresh() {
  if (
    document.hidden ||
    panel.querySelector('details[open]') ||
    isTyping() ||
    panel.contains(document.activeElement?.closest('form:active'))
  )
    return
  const answer = await fetch('/inside', { cache: 'no-store' })
  if (!answer.ok) return
  const inside = await answer.text()
  if (inside === shown || isTyping()) return
  const hadFocus = panel.querySelector('button') === document.activeElement
  panel.innerHTML = inside
  shown = inside
  if (hadFocus) panel.querySelector('button')?.focus()
}

/** Somebody is at a field, or has changed one and not sent it. */
function isTyping() {
  const fields = panel.querySelectorAll('input:not([type="hidden"]), select')
  return [...fields].some((field) => field === document.activeElement || isChanged(field))
}

function isChanged(field) {
  if (field.type === 'radio') return field.checked !== field.defaultChecked
  if (field.options)
    return (
      field.selectedIndex !==
      Math.max(
        0,
        [...field.options].findLastIndex((option) => option.defaultSelected),
      )
    )
  return field.value !== field.defaultValue
}

function refreshSoon() {
  // The agent may be restarting: what is on the screen stays until it is back.
  const refreshAgain = () =>
    refresh()
      .catch(() => {})
      .finally(refreshSoon)
  setTimeout(refreshAgain, panel.querySelector('[data-soon]') ? 1000 : 3000)
}
refreshSoon()
document.addEventListener('visibilitychange', () => refresh().catch(() => {}))
