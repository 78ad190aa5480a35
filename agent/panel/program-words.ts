/** What the panel says of programs (L1), in English and Japanese; what a program itself says comes in its own words. */
import type { End, Problem } from '../programs/program-state.ts'
import { type Language, type Words, words } from './words.ts'

type WorkStage = 'launching' | 'gathering' | 'telling' | 'running' | 'scanning'

export interface ProgramWords {
  programs: string
  age(seconds: number): string
  stages: Record<WorkStage, string>
  consent(program: string): string
  consentMeans: string
  launch: string
  notNow: string
  goOn: string
  cancel: string
  /** What is under way goes on; this screen goes away. */
  byItself: string
  close: string
  tryAgain: string
  noChoice: string
  problem(problem: Problem): string
  /** What is no word of the program's own. */
  ends: Record<Exclude<End['kind'], 'done' | 'failed' | 'uploaded'>, string>
  failedSilently: string
  uploadUnknown: string
  /** Names of objects as people say them. */
  objects: Record<string, string>
}

function problemIn(say: Words, own: Record<Exclude<Problem['kind'], 'trouble' | 'unauthorized'>, string>) {
  return (problem: Problem): string => {
    if (problem.kind === 'unauthorized') return say.reasons.unauthorized
    if (problem.kind === 'trouble') return `${say.reasons.unreachable} ${say.trouble(problem.trouble)}`
    return own[problem.kind]
  }
}

const english: ProgramWords = {
  programs: 'Programs',
  age: (seconds) => ageIn(seconds, 'told just now', (count, unit) => `told ${count} ${unit} ago`, ['min', 'h', 'd']),
  stages: {
    launching: 'It is being launched.',
    gathering: 'One moment.',
    telling: 'It is being launched.',
    running: 'The program is at work.',
    scanning: 'The scan is being made and handed over.',
  },
  consent: (program) => `Launch ${program}?`,
  consentMeans: 'This program will be told:',
  launch: 'Launch',
  notNow: 'Not now',
  goOn: 'Continue',
  cancel: 'Cancel',
  byItself: 'Let it go on by itself',
  close: 'Close',
  tryAgain: 'Try again',
  noChoice: 'Choose one',
  problem: problemIn(words.en, {
    interrupted: 'This was interrupted, and nothing of it is lost. Go on?',
    silent: 'The device does not answer. Is it switched on?',
    'program-away': 'The program does not answer at the moment. Nothing is lost: try again, or later.',
    busy: 'Too much is going on at the relay at the moment. Wait a little, then try again.',
    garbled: 'What the program answered cannot be understood by this device. Try again, or tell whoever offers it.',
    broken: 'The agent of this device could not do that; its log says why.',
  }),
  ends: {
    gone: 'This program is not offered any more.',
    'too-much': 'This program asked for more than a program may ask. Tell whoever offers it.',
    'not-scanned': 'This program wants a scan: this device has no scanner, or too many scans are under way.',
  },
  failedSilently: 'The program could not do it, and does not say why.',
  uploadUnknown: 'What became of the scan is not known here any more.',
  objects: {
    ...{ model: 'Model', serial: 'Serial number', name: 'Name', location: 'Location', contact: 'Contact' },
    ...{ firmware: 'Firmware', mac: 'MAC address', ip: 'Address', status: 'Status', alerts: 'Alerts' },
    ...{ pages: 'Pages printed', supplies: 'Supplies', trays: 'Trays', addresses: 'Addresses' },
  },
}

const japanese: ProgramWords = {
  programs: 'プログラム',
  age: (seconds) => ageIn(seconds, 'たった今の情報', (count, unit) => `${count}${unit}前の情報`, ['分', '時間', '日']),
  stages: {
    launching: '起動しています。',
    gathering: 'しばらくお待ちください。',
    telling: '起動しています。',
    running: 'プログラムが処理しています。',
    scanning: 'スキャンして送信しています。',
  },
  consent: (program) => `${program} を起動しますか？`,
  consentMeans: 'このプログラムに次の情報が通知されます:',
  launch: '起動する',
  notNow: '今はしない',
  goOn: '続ける',
  cancel: '中止',
  byItself: 'この画面を閉じて続ける',
  close: '閉じる',
  tryAgain: 'もう一度試す',
  noChoice: '選択してください',
  problem: problemIn(words.ja, {
    interrupted: '処理が中断されましたが、失われたものはありません。続けますか？',
    silent: '機器が応答しません。電源を確認してください。',
    'program-away':
      'プログラムが応答していません。失われたものはありません。もう一度試すか、しばらくしてから試してください。',
    busy: '中継サーバーが混み合っています。しばらくしてからもう一度試してください。',
    garbled: 'プログラムの応答を理解できませんでした。もう一度試すか、提供元に連絡してください。',
    broken: 'エージェントで処理できませんでした。原因はログに記録されています。',
  }),
  ends: {
    gone: 'このプログラムは現在提供されていません。',
    'too-much': 'プログラムの質問が多すぎます。提供元に連絡してください。',
    'not-scanned': 'このプログラムにはスキャンが必要ですが、スキャナーがないか、処理中のスキャンが多すぎます。',
  },
  failedSilently: 'プログラムは実行できませんでした。理由は通知されていません。',
  uploadUnknown: 'スキャンの結果は、この機器ではもう確認できません。',
  objects: {
    ...{ model: '機種', serial: 'シリアル番号', name: '名前', location: '設置場所', contact: '連絡先' },
    ...{ firmware: 'ファームウェア', mac: 'MACアドレス', ip: 'アドレス', status: '状態', alerts: '警告' },
    ...{ pages: '印刷枚数', supplies: '消耗品', trays: '用紙トレイ', addresses: 'アドレス一覧' },
  },
}

export const programWords: Record<Language, ProgramWords> = { en: english, ja: japanese }

/** @param units minutes, hours, days */
function ageIn(
  seconds: number,
  now: string,
  inWords: (count: number, unit: string) => string,
  [minutes, hours, days]: readonly [string, string, string],
): string {
  if (seconds < 60) return now
  if (seconds < 3600) return inWords(Math.floor(seconds / 60), minutes)
  if (seconds < 2 * 86_400) return inWords(Math.floor(seconds / 3600), hours)
  return inWords(Math.floor(seconds / 86_400), days)
}
