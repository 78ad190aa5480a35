/** What the panel page says, in English and Japanese: few words, and what to do. */
import type { Trouble } from '../uplink/trouble.ts'
import type { OfflineReason, Standing } from '../uplink/uplink-state.ts'

export const languages = ['en', 'ja'] as const
export type Language = (typeof languages)[number]

/** The first of the browser's languages that is spoken here. Source: RFC 9110 §12.5.4. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const wishes = (acceptLanguage ?? '').split(',').map((wish) => {
    const [tag = '', quality] = wish.trim().split(/\s*;\s*q\s*=\s*/i)
    return { language: tag.toLowerCase().split('-')[0], quality: quality === undefined ? 1 : Number(quality) || 0 }
  })
  wishes.sort((one, other) => other.quality - one.quality)
  for (const wish of wishes)
    for (const language of languages) if (wish.quality > 0 && wish.language === language) return language
  return 'en'
}

export interface Words {
  states: Record<Standing['state'], string>
  online: string
  off: string
  reasons: Record<OfflineReason, string>
  trouble(trouble: Trouble): string
  nextTry(seconds: number): string
  reasonGiven(condition: string): string
  since(time: string): string
  relay: string
  maintenance: string
  maintenanceOn: string
  maintenanceOff: string
  turnOn: string
  turnOff: string
  offMeans: string
  supplies: string
  noSupplies: string
  noAnswer: string
  told(seconds: number): string
  levels: { other: string; unknown: string; some: string }
  empty: string
  pages: string
  status: string
  statuses: Record<string, string>
  alerts: Record<string, string>
  address: string
  serial: string
  claimed: string
  confirmMeans: string
  confirm: string
}

const english: Words = {
  states: { online: 'Online', connecting: 'Connecting', offline: 'Offline', off: 'Off', stopped: 'Stopped' },
  online: 'Services can reach this device through the relay.',
  off: 'Not reachable, because session maintenance is off. Switch it on to be reachable.',
  reasons: {
    starting: 'Speaking to the relay.',
    unclaimed: 'Nobody owns this device yet. Type the code on its label at the relay’s page.',
    'code-used': 'The code of this device was used before. Its owner has to remove it at the relay first.',
    'mode-off': 'Session maintenance is off.',
    stopped: 'The agent has stopped.',
    unreachable: 'The relay cannot be reached.',
    unauthorized: 'The relay does not accept this device’s ID and secret. Ask whoever set it up for a new secret.',
    'insecure-transport': 'The relay takes no secret over plain HTTP. Its address must begin with https.',
    replaced: 'Another agent uses the same device ID. Stop one of the two, or ask for a new secret.',
    'session-lost': 'The connection was lost; a new one is made.',
    'relay-shutdown': 'The relay is restarting.',
    refused: 'The relay ended the connection.',
  },
  trouble: (trouble) => {
    switch (trouble.kind) {
      case 'dns':
        return `The name ${trouble.host} is not found. Check its spelling and this network’s DNS.`
      case 'refused':
        return `Nothing listens at ${trouble.host}. Is the relay running, and the port right?`
      case 'no-route':
        return 'There is no way to it. Check the network cable or the Wi-Fi.'
      case 'timeout':
        return `It did not answer within ${trouble.seconds} s.`
      case 'cut':
        return 'The connection was cut.'
      case 'tls':
        return `Its certificate is not trusted (${trouble.detail}).`
      case 'proxy':
        return `The HTTP proxy does not let it through (${trouble.detail}).`
      case 'status':
        return `The answer was HTTP ${trouble.status}.`
      case 'garbled':
        return 'Something else answered in its place. Check the address, or sign in to this network.'
      case 'other':
        return trouble.detail
    }
  },
  nextTry: (seconds) => `Next try within ${seconds} s.`,
  reasonGiven: (condition) => `Its reason: ${condition}.`,
  since: (time) => `Since ${time}`,
  relay: 'Relay',
  maintenance: 'Session maintenance',
  maintenanceOn: 'On',
  maintenanceOff: 'Off',
  turnOn: 'Switch on',
  turnOff: 'Switch off',
  offMeans: 'Keeps this device reachable.',
  supplies: 'Supplies',
  noSupplies: 'This device tells of no supplies.',
  noAnswer: 'The device does not answer. Is it switched on?',
  told: (seconds) => (seconds < 5 ? 'told just now' : `told ${seconds} s ago`),
  levels: { other: 'not said', unknown: 'unknown', some: 'some left' },
  empty: 'empty',
  pages: 'Pages',
  status: 'Status',
  statuses: {
    idle: 'Ready',
    printing: 'Printing',
    warmup: 'Warming up',
    stopped: 'Stopped',
    sleeping: 'Sleeping',
    unknown: 'Unknown',
  },
  alerts: {},
  address: 'Address',
  serial: 'Serial number',
  claimed: 'Claimed',
  confirmMeans: 'Somebody has typed the code of this device. Was that you? Then confirm it.',
  confirm: 'Confirm',
}

const japanese: Words = {
  states: { online: 'オンライン', connecting: '接続中', offline: 'オフライン', off: 'オフ', stopped: '停止' },
  online: 'サービスは中継サーバーを通じてこの機器を利用できます。',
  off: 'セッション維持がオフのため、外部から利用できません。利用するにはオンにしてください。',
  reasons: {
    starting: '中継サーバーに接続しています。',
    unclaimed: 'この機器にはまだ所有者がいません。中継サーバーのページで、ラベルのコードを入力してください。',
    'code-used': 'この機器のコードはすでに使用されています。所有者が中継サーバーでこの機器を削除する必要があります。',
    'mode-off': 'セッション維持がオフです。',
    stopped: 'エージェントは停止しました。',
    unreachable: '中継サーバーに接続できません。',
    unauthorized:
      '中継サーバーがこの機器のIDとシークレットを受け付けません。設定した担当者に新しいシークレットを依頼してください。',
    'insecure-transport':
      '中継サーバーは暗号化されていない接続を受け付けません。https で始まるアドレスを設定してください。',
    replaced: '同じ機器IDが別の場所で使われています。どちらか一方を停止するか、新しいシークレットを依頼してください。',
    'session-lost': '接続が切れたため、接続し直しています。',
    'relay-shutdown': '中継サーバーが再起動しています。',
    refused: '中継サーバーが接続を終了しました。',
  },
  trouble: (trouble) => {
    switch (trouble.kind) {
      case 'dns':
        return `${trouble.host} が見つかりません。アドレスとDNSの設定を確認してください。`
      case 'refused':
        return `${trouble.host} は応答していません。中継サーバーの動作とポート番号を確認してください。`
      case 'no-route':
        return 'ネットワークに届きません。LANケーブルまたはWi-Fiを確認してください。'
      case 'timeout':
        return `${trouble.seconds}秒以内に応答がありませんでした。`
      case 'cut':
        return '接続が途中で切れました。'
      case 'tls':
        return `証明書を信頼できません（${trouble.detail}）。`
      case 'proxy':
        return `HTTPプロキシを通過できません（${trouble.detail}）。`
      case 'status':
        return `応答は HTTP ${trouble.status} でした。`
      case 'garbled':
        return '別のものが応答しました。アドレスを確認するか、このネットワークにサインインしてください。'
      case 'other':
        return trouble.detail
    }
  },
  nextTry: (seconds) => `${seconds}秒以内に再接続します。`,
  reasonGiven: (condition) => `理由: ${condition}`,
  since: (time) => `${time} から`,
  relay: '中継サーバー',
  maintenance: 'セッション維持',
  maintenanceOn: 'オン',
  maintenanceOff: 'オフ',
  turnOn: 'オンにする',
  turnOff: 'オフにする',
  offMeans: 'この機器をいつでも利用できる状態に保ちます。',
  supplies: '消耗品',
  noSupplies: 'この機器は消耗品の情報を通知しません。',
  noAnswer: '機器が応答しません。電源を確認してください。',
  told: (seconds) => (seconds < 5 ? 'たった今の情報' : `${seconds}秒前の情報`),
  levels: { other: '不明', unknown: '不明', some: '残量あり' },
  empty: 'なし',
  pages: '印刷枚数',
  status: '状態',
  statuses: {
    idle: '待機中',
    printing: '印刷中',
    warmup: 'ウォームアップ中',
    stopped: '停止中',
    sleeping: 'スリープ中',
    unknown: '不明',
  },
  alerts: {
    'low-paper': '用紙残りわずか',
    'no-paper': '用紙切れ',
    'low-toner': 'トナー残りわずか',
    'no-toner': 'トナー切れ',
    'door-open': 'カバーが開いています',
    jammed: '紙詰まり',
    offline: 'オフライン',
    'service-requested': '点検が必要です',
    'input-tray-missing': '給紙トレイがありません',
    'output-tray-missing': '排紙トレイがありません',
    'marker-supply-missing': '消耗品が取り付けられていません',
    'output-near-full': '排紙トレイがもうすぐ一杯です',
    'output-full': '排紙トレイが一杯です',
    'input-tray-empty': '給紙トレイが空です',
    'overdue-prevent-maint': '定期点検の時期です',
  },
  address: 'アドレス',
  serial: 'シリアル番号',
  claimed: '登録の確認',
  confirmMeans: 'この機器のコードが入力されました。ご自身で入力した場合は、確認を押してください。',
  confirm: '確認',
}

export const words: Record<Language, Words> = { en: english, ja: japanese }

/** Where the device stands, in one or two sentences. */
export function explain(standing: Standing, say: Words): string {
  switch (standing.state) {
    case 'online':
      return say.online
    case 'off':
      return say.off
    case 'stopped':
      return say.reasons.stopped
    default: {
      const parts = [say.reasons[standing.reason]]
      if (standing.trouble && standing.reason === 'unreachable') parts.push(say.trouble(standing.trouble))
      if (standing.state === 'offline') {
        if (standing.condition) parts.push(say.reasonGiven(standing.condition))
        parts.push(say.nextTry(Math.max(1, Math.round(standing.retryInMs / 1000))))
      }
      return parts.join(' ')
    }
  }
}
