/** What the panel says while something is scanned, in English and Japanese (A14): what it asks, and how far it is. */
import type { ScanWord } from '../pull/scanning.ts'
import type { ScanProblem } from '../scanning/scanner.ts'
import type { Language } from './words.ts'

export interface ScanWords {
  looking: string
  waits: string
  /** @param pages that are there so far */
  atWork(pages: number): string
  choose: string
  more(pages: number): string
  binding: string
  words: Record<ScanWord, string>
  /** Something came between, and pages are there. */
  stopped(pages: number, mayGoOn: boolean): string
  sendWhatThereIs: string
  /** Where it is said otherwise than of a scan that has ended with nothing. */
  between: Partial<Record<ScanProblem, string>>
}

const english: ScanWords = {
  looking: 'One moment: the scanner is asked where it can scan from.',
  waits: 'Waits for the scanner',
  atWork: (pages) => (pages === 0 ? 'Is being scanned' : `Is being scanned: ${count(pages)} so far`),
  choose: 'Where do the pages lie?',
  more: (pages) => `${count(pages)} scanned. Is there another one? Put it on the glass first.`,
  binding: 'Is being put together',
  words: {
    glass: 'On the glass',
    feeder: 'In the feeder',
    'feeder-duplex': 'In the feeder, both sides',
    another: 'Another page',
    'go-on': 'Go on scanning',
    finished: 'Finished',
  },
  stopped: (pages, mayGoOn) =>
    mayGoOn ? `${count(pages)} scanned. Go on, or send what there is?` : `${count(pages)} scanned. Send what there is?`,
  sendWhatThereIs: 'Send what there is',
  between: {
    busy: 'The scanner is busy.',
    jammed: 'Paper is jammed in the scanner. Take it out, and put in again what is not scanned yet.',
    'no-paper': 'There is no paper in the feeder. Put in what is not scanned yet.',
    'cover-open': 'The cover of the scanner is open. Close it, and put in again what is not scanned yet.',
    broken: 'The scanner does not work as it should. Switch it off and on, and put in again what is not scanned yet.',
    'too-large': 'More does not fit into one document.',
    'too-many': 'More pages do not fit into one document. Scan the rest as another one.',
    'too-long': 'The scanner took too long. Switch it off and on, and put in again what is not scanned yet.',
    'no-room': 'There is no more room on this device’s disk.',
    interrupted: 'The agent was stopped while it scanned. Put in again what is not scanned yet.',
    'too-late': 'The scanner was not free for ten minutes.',
  },
}

function count(pages: number): string {
  return pages === 1 ? '1 page' : `${pages} pages`
}

const japanese: ScanWords = {
  looking: 'スキャナーの読み取り方法を確認しています。',
  waits: 'スキャナーの空きを待っています',
  atWork: (pages) => (pages === 0 ? 'スキャンしています' : `スキャンしています（${pages}ページ完了）`),
  choose: '原稿はどこにありますか？',
  more: (pages) => `${pages}ページ読み取りました。続けて読み取る場合は、次の原稿を原稿台に置いてください。`,
  binding: '1つの文書にまとめています',
  words: {
    glass: '原稿台',
    feeder: '自動給紙装置',
    'feeder-duplex': '自動給紙装置（両面）',
    another: '次のページ',
    'go-on': 'スキャンを続ける',
    finished: '完了',
  },
  stopped: (pages, mayGoOn) =>
    mayGoOn
      ? `${pages}ページ読み取りました。続けますか、それともここまでを送信しますか？`
      : `${pages}ページ読み取りました。ここまでを送信しますか？`,
  sendWhatThereIs: 'ここまでを送信',
  between: {
    busy: 'スキャナーは使用中です。',
    jammed: 'スキャナーに紙が詰まりました。取り除いて、まだ読み取っていない原稿を入れ直してください。',
    'no-paper': '給紙装置に紙がありません。まだ読み取っていない原稿を入れてください。',
    'cover-open': 'スキャナーのカバーが開いています。閉じて、まだ読み取っていない原稿を入れ直してください。',
    broken: 'スキャナーが正しく動作していません。電源を入れ直して、まだ読み取っていない原稿を入れ直してください。',
    'too-large': '1つの文書に入る容量を超えました。',
    'too-many': '1つの文書に入るページ数を超えました。残りは別の文書として読み取ってください。',
    'too-long':
      'スキャナーが時間内に終了しませんでした。電源を入れ直して、まだ読み取っていない原稿を入れ直してください。',
    'no-room': 'この機器のディスクに空きがなくなりました。',
    interrupted: 'スキャン中にエージェントが停止しました。まだ読み取っていない原稿を入れ直してください。',
    'too-late': 'スキャナーが10分間空きませんでした。',
  },
}

export const scanWords: Record<Language, ScanWords> = { en: english, ja: japanese }
