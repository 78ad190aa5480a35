/** What the console says in Japanese while a claim is confirmed by a printed page. */
import type { enPage } from './en-page.ts'

export const jaPage: typeof enPage = {
  title: 'パネルを操作できない場合',
  means: '機器が言葉を1つ印刷します。その言葉をここに入力すると、パネルで確認したことになります。',
  print: '確認ページを印刷',
  printing: '印刷しています…',
  have: '印刷済みのページがある',
  printed: 'ページを印刷しました。大きく印刷された言葉を、ここに入力してください。',
  word: 'ページの言葉',
  wordHint: '例: RIVER 4827。大文字・小文字、全角・半角、空白は区別しません。',
  submit: '確認',
  right: '言葉が一致しました。機器が確認しています。',
  another: 'もう1枚印刷',
  wrong: (left) => `最新のページの言葉と一致しません。あと${left}回入力できます。`,
  worthless: '言葉が一致しません。このページはもう使えないため、もう1枚印刷してください。',
  offline: '機器が接続されていないため、何も送信していません。電源を確認して、もう一度お試しください。',
}
