/** What the panel says to somebody who comes for their documents, in English and Japanese. */
import type { WalkUpProblem } from '../walk-up/walk-up.ts'
import type { Language } from './words.ts'

export interface WalkUpWords {
  title: string
  means: string
  code: string
  show: string
  phone: string
  phoneTitle: string
  phoneMeans: string
  connecting: string
  connectingMeans: string
  checking: string
  leave: string
  giveUp: string
  hello(name: string): string
  nothing: string
  fetching: string
  copies(count: number): string
  print: string
  remove: string
  removeTitle(count: number): string
  removeMeans: string
  removeNow: string
  keep: string
  printed(count: number): string
  removed(count: number): string
  chooseOne: string
  taken: string
  off: string
  problem(problem: WalkUpProblem): string
  toPanel: string
}

const english: WalkUpWords = {
  title: 'Your documents',
  means: 'Type your PIN, or hold your badge to the reader.',
  code: 'PIN or badge',
  show: 'Show my documents',
  phone: 'Use my phone',
  phoneTitle: 'Scan this with your phone',
  phoneMeans: 'Confirm there that you are here. Your documents then appear by themselves.',
  connecting: 'Connecting …',
  connectingMeans: 'The printer has just woken up. This goes on by itself.',
  checking: 'One moment …',
  leave: 'Done',
  giveUp: 'Cancel',
  hello: (name) => `Documents of ${name}`,
  nothing: 'Nothing is waiting for you here.',
  fetching: 'Looking for your documents …',
  copies: (count) => `${count} copies`,
  print: 'Print',
  remove: 'Delete',
  removeTitle: (count) => (count === 1 ? 'Delete this document?' : `Delete these ${count} documents?`),
  removeMeans: 'They will not be printed, and cannot be brought back.',
  removeNow: 'Yes, delete',
  keep: 'No, keep',
  printed: (count) => (count === 1 ? 'Your document is being printed.' : `Your ${count} documents are being printed.`),
  removed: (count) => (count === 1 ? 'Deleted.' : `${count} documents deleted.`),
  chooseOne: 'Tick at least one document.',
  taken: 'Somebody else is using the printer. Try again when they have finished, in a minute at most.',
  off: 'The printer is not connected: its session maintenance is off. Switch it on at its panel.',
  problem: (problem) => {
    switch (problem.kind) {
      case 'no-match':
        return 'This PIN or badge is not known here. Try again.'
      case 'too-many':
        return `Too many tries. Try again in ${inMinutes(problem.seconds, 'second', 'minute')}.`
      case 'over':
        return 'The time is up. Begin again.'
      case 'not-reached':
        return 'The relay could not be reached just now. Try again.'
    }
  },
  toPanel: 'About this printer',
}

const japanese: WalkUpWords = {
  title: '文書を印刷',
  means: 'PINを入力するか、カードをリーダーにかざしてください。',
  code: 'PINまたはカード',
  show: '文書を表示',
  phone: 'スマートフォンを使う',
  phoneTitle: 'スマートフォンで読み取ってください',
  phoneMeans: 'スマートフォンでこのプリンターの前にいることを確認すると、文書が自動的に表示されます。',
  connecting: '接続中…',
  connectingMeans: 'プリンターが起動したところです。自動的に続行します。',
  checking: '確認中…',
  leave: '終了',
  giveUp: 'やめる',
  hello: (name) => `${name} さんの文書`,
  nothing: '印刷待ちの文書はありません。',
  fetching: '文書を探しています…',
  copies: (count) => `${count}部`,
  print: '印刷',
  remove: '削除',
  removeTitle: (count) => `${count}件の文書を削除しますか？`,
  removeMeans: '印刷されず、元に戻すことはできません。',
  removeNow: '削除する',
  keep: '残す',
  printed: (count) => `${count}件の文書を印刷します。`,
  removed: (count) => `${count}件の文書を削除しました。`,
  chooseOne: '文書を1件以上選んでください。',
  taken: 'ほかの人が使用中です。終わってから（1分以内に）もう一度お試しください。',
  off: 'セッション維持がオフのため、接続されていません。パネルでオンにしてください。',
  problem: (problem) => {
    switch (problem.kind) {
      case 'no-match':
        return 'このPINまたはカードは登録されていません。もう一度お試しください。'
      case 'too-many':
        return `試行回数が多すぎます。${problem.seconds < 120 ? `${problem.seconds}秒` : `${Math.ceil(problem.seconds / 60)}分`}後にもう一度お試しください。`
      case 'over':
        return '時間切れです。もう一度始めてください。'
      case 'not-reached':
        return '中継サーバーに接続できませんでした。もう一度お試しください。'
    }
  },
  toPanel: 'このプリンターについて',
}

function inMinutes(seconds: number, second: string, minute: string): string {
  const [count, unit] = seconds < 120 ? [seconds, second] : [Math.ceil(seconds / 60), minute]
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

export const walkUpWords: Record<Language, WalkUpWords> = { en: english, ja: japanese }
