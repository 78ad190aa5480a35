/** The look of the API's page: system font, light and dark from the same few colours. */
export const docsStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #14171a);
  --text: light-dark(#1b1f23, #e6e8ea);
  --quiet: light-dark(#57606a, #9aa4ad);
  --line: light-dark(#d8dee4, #30363d);
  --accent: light-dark(#0b57b7, #7cb7ff);
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 16px; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 28px; line-height: 1.2; margin: 16px 0 8px }
h2 { font-size: 20px; margin: 32px 0 4px }
h3 { font-size: 14px; margin: 16px 0 4px }
p { margin: 4px 0 8px }
a { color: var(--accent) }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px }
nav a { padding: 10px 0 }
code { font: 14px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
details { border-top: 1px solid var(--line) }
details[open] { padding-bottom: 16px }
summary { min-height: 44px; padding: 10px 0; cursor: pointer }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.method { display: inline-block; min-width: 64px; font-size: 12px; font-weight: 700; color: var(--accent) }
summary .quiet { display: block }
.quiet, footer { color: var(--quiet); font-size: 14px }
table { width: 100%; border-collapse: collapse; font-size: 14px }
th, td { padding: 8px 12px 8px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line) }
th { width: 30%; font-weight: 400 }
td { overflow-wrap: anywhere }
footer { margin: 32px 0 16px }
`
