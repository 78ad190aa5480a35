/** The local page of a device, as a person uses it: they read it, and press what is on it. */

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

export async function readPanel(page: string, language = 'en'): Promise<string> {
  const answer = await fetch(page, { headers: { 'accept-language': language } })
  return await answer.text()
}

/** What it says, without its tags, on one line. */
export async function wordsOf(page: string, language?: string): Promise<string> {
  const html = (await readPanel(page, language)).replace(/<(style|script)[\s\S]*?<\/\1>/g, '')
  return html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)
    .replaceAll(/\s+/g, ' ')
}

/**
 * Presses the first button whose form goes to `action` and has these fields.
 * @returns how it was answered; 303: the page comes again
 * @throws {Error} when there is no such button
 */
export async function press(
  page: string,
  action: string,
  fields: Record<string, string> = {},
  language = 'en',
): Promise<number> {
  const form = await formOf(page, action, fields)
  return (await send(page, action, form, language)).status
}

/** What a press would send. */
export async function formOf(page: string, action: string, fields: Record<string, string>): Promise<URLSearchParams> {
  const html = await readPanel(page)
  for (const [, inside = ''] of html.matchAll(
    new RegExp(`<form method="post" action="${action}">([\\s\\S]*?)</form>`, 'g'),
  )) {
    const inputs = inside.matchAll(/name="([^"]+)" value="([^"]*)"/g)
    const form = new URLSearchParams([...inputs].map(([, name = '', value = '']) => [name, value]))
    if (Object.entries(fields).every(([name, value]) => form.get(name) === value)) return form
  }
  throw new Error(`There is no button ${action} ${JSON.stringify(fields)} on ${html}`)
}

export function send(page: string, action: string, form: URLSearchParams, language = 'en'): Promise<Response> {
  const headers = { 'accept-language': language }
  return fetch(page + action, { method: 'POST', body: form, headers, redirect: 'manual' })
}
