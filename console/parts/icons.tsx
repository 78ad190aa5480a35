/** Icons, drawn by lines on a grid of 24; each stands beside a word and is nothing to a screen reader. */
import type { ComponentChildren } from 'preact'

const drawings = {
  online: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="m8 12.5 2.8 2.8L16 9.5" />
    </>
  ),
  offline: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="m8.5 8.5 7 7" />
    </>
  ),
  asleep: <path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z" />,
  suspect: (
    <>
      <path d="M7 3h10M7 21h10" />
      <path d="M8 3c0 5 8 5 8 9s-8 4-8 9M16 3c0 5-8 5-8 9s8 4 8 9" />
    </>
  ),
  removed: <path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13" />,
  devices: (
    <>
      <path d="M7 8V3h10v5" />
      <rect x="3" y="8" width="18" height="9" rx="2" />
      <path d="M7 14h10v7H7z" />
    </>
  ),
  claim: (
    <>
      <path d="M3 8V4a1 1 0 0 1 1-1h4M16 3h4a1 1 0 0 1 1 1v4M21 16v4a1 1 0 0 1-1 1h-4M8 21H4a1 1 0 0 1-1-1v-4" />
      <path d="M8 12h8M12 8v8" />
    </>
  ),
  pair: (
    <>
      <path d="M9 12h6" />
      <path d="M9.5 16.5H7a4.5 4.5 0 0 1 0-9h2.5M14.5 7.5H17a4.5 4.5 0 0 1 0 9h-2.5" />
    </>
  ),
  jobs: (
    <>
      <path d="M6 3h8l4 4v14H6V3Z" />
      <path d="M14 3v4h4M12 17v-6M9.500 13.500 12 11l2.500 2.500" />
    </>
  ),
  services: (
    <>
      <path d="M3 6h11v11H3zM14 10h4l3 3.5V17h-7z" />
      <circle cx="7" cy="18" r="2" />
      <circle cx="17.5" cy="18" r="2" />
    </>
  ),
  programs: (
    <>
      <rect x="3" y="4" width="18" height="13" rx="2" />
      <path d="M10 8v5l4-2.500zM8 21h8" />
    </>
  ),
  pause: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M10 9v6M14 9v6" />
    </>
  ),
  keys: (
    <>
      <circle cx="8" cy="15" r="5" />
      <path d="m11.5 11.5 8-8M16 7l3 3" />
    </>
  ),
  you: (
    <>
      <circle cx="12" cy="8" r="4.5" />
      <path d="M4 21c.6-4.5 3.8-6.5 8-6.5s7.4 2 8 6.5" />
    </>
  ),
  people: (
    <>
      <circle cx="9" cy="8.5" r="4" />
      <path d="M2 20.5c.5-4 3.3-6 7-6s6.5 2 7 6" />
      <path d="M15.5 4.800a4 4 0 0 1 0 7.400M18.5 15.200c2 .8 3.2 2.6 3.5 5.3" />
    </>
  ),
  audit: (
    <>
      <path d="M6 3h9l4 4v14H6V3Z" />
      <path d="M9.5 9h6M9.5 13h6M9.5 17h4" />
    </>
  ),
  more: (
    <>
      <circle cx="5" cy="12" r="1" />
      <circle cx="12" cy="12" r="1" />
      <circle cx="19" cy="12" r="1" />
    </>
  ),
  search: (
    <>
      <circle cx="10.5" cy="10.5" r="6.5" />
      <path d="m15.5 15.5 5.5 5.5" />
    </>
  ),
  back: <path d="m14 5-7 7 7 7" />,
  copy: (
    <>
      <rect x="8" y="8" width="12" height="13" rx="2" />
      <path d="M16 5V4a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h1" />
    </>
  ),
  warning: (
    <>
      <path d="M12 3.5 2.5 20h19L12 3.5Z" />
      <path d="M12 10v4.5M12 17v.5" />
    </>
  ),
  wait: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5l3.5 2" />
    </>
  ),
  edit: <path d="m14.5 5.5 4 4L8 20H4v-4L14.5 5.5Z" />,
  close: <path d="m6 6 12 12M18 6 6 18" />,
} satisfies Record<string, ComponentChildren>

export type IconName = keyof typeof drawings

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {drawings[name]}
    </svg>
  )
}
