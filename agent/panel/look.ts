/** Small pieces of the panel page: safe text, icons, bars. No inline styles: the page's policy forbids them. */

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** HTML that is known to be safe. */
export interface Html {
  readonly html: string
}

/** Everything that is put in is escaped, unless it is HTML already. */
export function html(parts: TemplateStringsArray, ...values: (Html | readonly Html[] | string | number)[]): Html {
  return {
    html: parts.map((part, at) => part + (at < values.length ? render(values[at] ?? '') : '')).join(''),
  }
}

function render(value: Html | readonly Html[] | string | number): string {
  if (typeof value === 'string' || typeof value === 'number')
    return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? '')
  return Array.isArray(value) ? value.map((item: Html) => item.html).join('') : (value as Html).html
}

const strokes: Record<string, string> = {
  online: '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.7 2.7L16.2 9.5"/>',
  connecting: '<path d="M21 12a9 9 0 1 1-2.6-6.3"/><path d="M21 3.5v4.7h-4.7"/>',
  offline: '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.2M12 16.3v.1"/>',
  off: '<path d="M12 3.5v8"/><path d="M7 6.6a8 8 0 1 0 10 0"/>',
  stopped: '<rect x="6" y="6" width="12" height="12" rx="2"/>',
}

export function icon(name: string): Html {
  return {
    html: `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${strokes[name] ?? ''}</svg>`,
  }
}

/** Colours that are shown as themselves; any other supply is grey. */
const shown = new Set(['black', 'cyan', 'magenta', 'yellow', 'red', 'green', 'blue', 'white'])

/** @param percent null: not told, drawn as a dashed frame */
export function bar(percent: number | null, color: string | null): Html {
  const paint = color !== null && shown.has(color) ? color : 'grey'
  if (percent === null) return html`<svg class="bar" aria-hidden="true"><rect class="unsaid" x="1" y="1" rx="5"/></svg>`
  const width = Math.min(100, Math.max(0, percent))
  return html`<svg class="bar" aria-hidden="true"><rect class="rail" width="100%" height="100%" rx="6"/><rect class="fill ${paint}" width="${width}%" height="100%" rx="6"/></svg>`
}
