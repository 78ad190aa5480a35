/** What the panel says of a printer that shows a key it should not; accepted it is at the agent's machine, which nobody on the network can pretend to be. */
import type { RefusedKey } from '../drivers/printer-key.ts'
import { type Html, html } from './look.ts'
import type { Language } from './words.ts'

interface KeyWords {
  title: string
  means(at: string): string
  expected: string
  shown: string
  accept: string
  acceptNamed: string
}

const words: Record<Language, KeyWords> = {
  en: {
    title: 'Nothing is sent to the printer',
    means: (at) => `At ${at} another key is shown than before: something else may pretend to be the printer.`,
    expected: 'Expected',
    shown: 'Shown',
    accept: 'If the printer was replaced, or has made itself a new certificate, accept it on the agent’s machine:',
    acceptNamed:
      'If the printer was replaced, or has made itself a new certificate, change the fingerprint in the driver’s address.',
  },
  ja: {
    title: 'プリンターには何も送られていません',
    means: (at) => `${at} が以前とは異なる鍵を示しています。別の機器がプリンターになりすましている可能性があります。`,
    expected: '登録済みの鍵',
    shown: '示された鍵',
    accept:
      'プリンターを交換した場合や、プリンターが証明書を作り直した場合は、エージェントのマシンで次のように承認してください。',
    acceptNamed:
      'プリンターを交換した場合や、プリンターが証明書を作り直した場合は、ドライバーのアドレスにあるフィンガープリントを変更してください。',
  },
}

export function keySection(refused: RefusedKey | undefined, language: Language): Html {
  if (refused === undefined) return html``
  const { at, expected, shown, isNamed } = refused
  const say = words[language]
  const how = isNamed
    ? html`<p>${say.acceptNamed}</p>`
    : html`<p>${say.accept}</p><p><code class="address">fairlead agent trust ${shown} --data DIR</code></p>`
  return html`<section class="key"><h2>${say.title}</h2>
<p class="notice">${say.means(at)}</p>
<dl><div><dt>${say.expected}</dt><dd class="address">${expected}</dd></div><div><dt>${say.shown}</dt><dd class="address">${shown}</dd></div></dl>
${how}</section>`
}
