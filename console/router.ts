/** Where in the console one is: the part of the address behind the `#`, which no server ever sees. */
import { createStore, useStore } from './store.ts'

export interface Place {
  /** `#/devices/lobby` is `['devices', 'lobby']`. */
  path: readonly string[]
  query: URLSearchParams
}

/** What each page is given. */
export interface PageProps {
  place: Place
  /** What stands in the address where the table of pages has `*`. */
  param: string | undefined
}

function readPlace(): Place {
  const [path = '', query] = location.hash.replace(/^#\/?/, '').split('?')
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

/** A link that was cut off in the middle of an escape is still a link. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const place = createStore(readPlace())
addEventListener('hashchange', () => place.set(readPlace()))

export function usePlace(): Place {
  return useStore(place)
}

/** @param query what is undefined or empty is left out */
export function linkTo(path: readonly string[], query: Record<string, string | undefined> = {}): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) words.set(name, value)
  const search = words.size > 0 ? `?${words}` : ''
  return `#/${path.map(encodeURIComponent).join('/')}${search}`
}

/** @param how `replace`: the way back leads past the place that is left, for one with a code or token in its address */
export function go(link: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') location.hash = link
  else {
    history.replaceState(null, '', link)
    place.set(readPlace())
  }
}
