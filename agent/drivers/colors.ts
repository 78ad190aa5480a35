/** The colour that a supply's description names, in English, German, French or Japanese. */

/** A word's beginning and end must not be letters where the word is short enough to hide in another. */
const word = (words: string) => new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, 'iu')

/** Long words also count inside compounds: `Schwarztoner`, `Cyantonerkassette`, `ブラックトナー`. */
const colors: readonly (readonly [color: string, ...patterns: RegExp[]])[] = [
  ['black', /black|schwarz|ブラック|黒|くろ/iu, word('noire?s?|bk|blk')],
  ['cyan', /cyan|zyan|シアン/iu],
  ['magenta', /magenta|マゼンタ|マジェンタ/iu],
  ['yellow', /yellow|イエロー|イェロー|黄/iu, /gelb/iu, word('jaunes?')],
  ['gray', /グレー|グレイ|灰/u, word('gr[ae]y|grau(?:er|e|es)?|gris(?:e|es)?')],
  ['red', /レッド|赤/u, word('red|rot(?:er|e|es)?|rouges?')],
  ['green', /グリーン|緑/u, word('green|grün(?:er|e|es)?|gruen|verte?s?')],
  ['blue', /ブルー|青/u, word('blue|blau(?:er|e|es)?|bleue?s?')],
  ['orange', /オレンジ/u, word('orange')],
  ['violet', /バイオレット|紫/u, word('violett?(?:er|e|es|s)?')],
  ['white', /ホワイト|白/u, word('white|weiß(?:er|e|es)?|weiss|blanc(?:he|s|hes)?')],
]

/**
 * Shades are not told apart here: two blacks, photo and matte, are two supplies of one colour.
 *
 * @returns undefined when the words name no colour, or several: one tank of three inks has no colour
 */
export function colorInWords(description: string): string | undefined {
  const named = colors.filter(([, ...patterns]) => patterns.some((pattern) => pattern.test(description)))
  return named.length === 1 ? named[0]?.[0] : undefined
}

/** prtMarkerColorantValue (RFC 3805) as told: `Photo Black` is `photo-black`. What names no colour is undefined. */
export function colorOfColorant(value: string): string | undefined {
  const name = value.toLowerCase().replaceAll(/[\s_]+/g, '-')
  if (['', 'other', 'unknown', 'none'].includes(name)) return undefined
  if (!/^\p{L}[\p{L}\d-]{0,30}$/u.test(name)) return undefined
  return name.includes('-') ? name : (colorInWords(name) ?? name)
}
