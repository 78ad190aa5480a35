/** Takes the one-time code out of the link's fragment, which no server ever sees, and puts it into the form. */
const code = location.hash.slice(1)
const form = document.getElementById('connect')
if (form && code !== '') {
  form.elements.code.value = code
  form.hidden = false
  document.getElementById('no-code').hidden = true
  form.querySelector('button').focus()
  // Whoever looks into the history of this browser finds no code.
  history.replaceState(null, '', location.pathname)
}
