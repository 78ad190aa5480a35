/** The page that a link of the relay leads to (C5): the one-time code stands in its fragment, and one press hands it to the device. */
import type { DeviceView } from '../device-view.ts'
import { html } from './look.ts'
import { type Language, words } from './words.ts'

export function renderPairPage(view: DeviceView, name: string, language: Language, token: string): string {
  const say = words[language]
  const inside = view.pairing
    ? html`<h1>${say.connectTitle(name)}</h1>
<p>${say.connectMeans(view.relay)}</p>
<form id="connect" method="post" action="/pair" hidden>
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="code" value="">
<button type="submit">${say.connect}</button>
</form>
<p id="no-code" class="notice">${say.noCode}</p>
<script src="/pair.js" defer></script>`
    : html`<h1>${name}</h1><p>${say.needsNoPairing}</p><p><a href="/">${say.toPanel}</a></p>`
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${say.connectTitle(name)}</title>
<link rel="stylesheet" href="/panel.css">
<link rel="icon" href="data:,">
</head>
<body>
<main class="pair"><section>${inside}</section></main>
</body>
</html>
`.html
}
