/** The words of what is done without a connection: they come with the pages that say them. */
import { useMemo } from 'preact/hooks'
import { type Messages, useSay as useSayOfAll, useWords } from '../language.ts'

const en = {
  title: 'No connection to the relay',
  means:
    'It is asked again every two seconds. Meanwhile documents can be given here: this browser keeps them, and sends them as soon as the relay answers and this console is open.',
  later: 'Print when it answers',
  printOn: 'Printer',
  none: 'This browser knows no printer yet. While the relay answers, open the page of one: from then on it can be printed on without a connection.',
  asTold: (age: string) => `No connection: checked against what the device told ${age}.`,
  willKeep: 'No connection: it waits in this browser, and then at the relay, for so long.',
  neverKept: 'No connection: nothing can be printed at once. Choose how long it may wait.',
  keep: 'Keep it and print it later',
  kept: (device: string) =>
    `Kept on this browser’s disk. It goes to ${device} as soon as the relay answers; this page may be closed until then.`,
  waiting: 'Waiting in this browser',
  waitingMeans: 'The relay does not have these yet. What needs no word of yours goes as soon as it answers.',
  goesTo: (device: string) => `for ${device}`,
  until: 'until',
  printAsItCan: 'Print it as the device can',
  tryAgain: 'Try again',
  giveUp: 'Give it up',
  giveUpTitle: (name: string) => `Give up ${name}?`,
  giveUpMeans: 'It is removed from this browser and not printed. The file that you chose stays where it is.',
  hasChanged: 'The device has changed since this was checked:',
  isRefused: 'The relay does not take it:',
  lastTry: 'Last try:',
  signOutTitle: 'Sign out and give up what waits here?',
  signOutMeans: (number: number) =>
    number === 1
      ? 'One document waits in this browser for the relay. Signing out removes it, and it is not printed.'
      : `${number} documents wait in this browser for the relay. Signing out removes them, and they are not printed.`,
  signOut: 'Sign out and give up',
}

const ja: typeof en = {
  title: 'リレーに接続できません',
  means:
    '2秒ごとに再試行しています。その間も文書を受け付けます。このブラウザーに保存し、リレーが応答してこのコンソールが開いていれば、すぐに送信します。',
  later: '応答したら印刷',
  printOn: 'プリンター',
  none: 'このブラウザーが知っているプリンターはまだありません。リレーが応答している間に機器のページを開くと、以後は接続なしでも印刷を指示できます。',
  asTold: (age) => `接続なし：機器が${age}に伝えた内容で確認します。`,
  willKeep: '接続なし：この期間、まずこのブラウザーで、次にリレーで待ちます。',
  neverKept: '接続なし：今すぐには印刷できません。待ってよい期間を選んでください。',
  keep: '保存して後で印刷',
  kept: (device) =>
    `このブラウザーのディスクに保存しました。リレーが応答し次第 ${device} に送ります。それまでこのページは閉じてもかまいません。`,
  waiting: 'このブラウザーで待機中',
  waitingMeans: 'まだリレーに届いていません。確認の要らないものは、応答し次第送信します。',
  goesTo: (device) => `${device} 宛`,
  until: '期限',
  printAsItCan: '機器が対応できる形で印刷する',
  tryAgain: '再試行',
  giveUp: '取りやめる',
  giveUpTitle: (name) => `${name} を取りやめますか？`,
  giveUpMeans: 'このブラウザーから削除し、印刷しません。選んだ元のファイルはそのまま残ります。',
  hasChanged: '確認した後に機器が変わりました：',
  isRefused: 'リレーが受け付けません：',
  lastTry: '前回の試行：',
  signOutTitle: 'サインアウトして待機中の文書を取りやめますか？',
  signOutMeans: (number) =>
    `${number} 件の文書がこのブラウザーでリレーを待っています。サインアウトすると削除され、印刷されません。`,
  signOut: 'サインアウトして取りやめる',
}

const spoken = { en, ja }

export type SayOfOffline = Messages & { offline: typeof en }

export function useSay(): SayOfOffline {
  const say = useSayOfAll()
  const offline = useWords(spoken)
  return useMemo(() => ({ ...say, offline }), [say, offline])
}
