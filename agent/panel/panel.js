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
  const focused = panel.contains(document.activeElement) ? nameOf(document.activeElement) : undefined
  panel.innerHTML = inside
  shown = inside
  if (focused === undefined) return
  const same = [...panel.querySelectorAll('a, button, summary')].find((each) => nameOf(each) === focused)
  // What was on is gone: the keyboard goes on where something is asked.
  const next = same ?? panel.querySelector('[autofocus]')
  next?.focus()
}

/** What somebody would call it. */
function nameOf(control) {
  return control.ariaLabel ?? control.textContent
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
