/** What the console says in English while a claim is confirmed by a printed page. */
import { count } from './count.ts'

export const enPage = {
  title: 'Nobody can reach the panel?',
  means: 'The device prints a page with a word on it. Type that word here: it counts as much as the press.',
  print: 'Print a page',
  printing: 'Printing …',
  have: 'I have a page',
  printed: 'The page is printed. Fetch it, and type the word that stands on it in large letters.',
  word: 'Word on the page',
  wordHint: 'For example RIVER 4827. Capitals and spaces do not matter.',
  submit: 'Confirm',
  right: 'That is the word. The device confirms it now.',
  another: 'Print another page',
  wrong: (left: number) =>
    `That is not the word on the newest page. It can be tried ${count(left, 'time', 'times')} more.`,
  worthless: 'That is not the word, and this page is worth nothing any more. Print another one.',
  offline:
    'The device is not connected right now, so nothing was sent to it. See that it is switched on, then try again.',
}
