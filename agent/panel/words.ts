/** What the panel page says, in English and Japanese: few words, and what to do. */
import { alertWords } from '@fairlead/protocol/alert-words'
import type { Doubt, PairingCheck } from '@fairlead/protocol/contract'
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
  pageTitle: string
  pageMeans: string
  printPage: string
  inTray: string
  pin: string
  pinSoon: string
  printPin: string
  pinMeans(relay: string): string
  checks: Record<PairingCheck, string>
  pressTitle: string
  press: string
  doubts: Record<Doubt, string>
  sending: string
  noLocalAddress(listen: string): string
  noLocalNetwork: string
  pairAgainTitle: string
  pairAgainMeans: string
  pairAgain: string
  connectTitle(name: string): string
  connectMeans(relay: string): string
  connect: string
  noCode: string
  needsNoPairing: string
  toPanel: string
  reset: string
  resetMeans: string
  resetVerb: string
  resetUntil(time: string): string
  jobs: string
  jobStates: Record<string, string>
  pagesOut(pages: number): string
  cancelJob: string
  moreJobs(count: number): string
}

const english: Words = {
  states: { online: 'Online', connecting: 'Connecting', offline: 'Offline', off: 'Off', stopped: 'Stopped' },
  online: 'Services can reach this device through the relay.',
  off: 'Not reachable, because session maintenance is off. Switch it on to be reachable.',
  reasons: {
    starting: 'Speaking to the relay.',
    unclaimed: 'Nobody owns this device yet. Type the code on its label at the relay’s page.',
    'code-used': 'The code of this device was used before. Its owner has to remove it at the relay first.',
    unpaired: 'Nobody owns this device yet. Pair it by the PIN.',
    'link-refused': 'That link has been used, or was too old. Type the PIN that is shown now.',
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
  pageTitle: 'Or by a page',
  pageMeans: 'It prints a word. Type that where you typed the code.',
  printPage: 'Print the confirmation page',
  inTray: 'In the tray',
  pin: 'PIN',
  pinSoon: 'One moment: a PIN is being asked for.',
  printPin: 'Print this PIN',
  pinMeans: (relay) => `Open ${relay} on a phone or computer in this network, choose Pair, and type this PIN.`,
  checks: {
    pin: 'Somebody in this network typed another PIN. Was it you? Compare the digits.',
    network: 'Somebody typed this PIN in another network. Was it you? Join the network that this device is in.',
    proxy:
      'A proxy in front of the relay hides who comes from where. Ask its operator to name it in --trusted-proxies.',
    owner: 'The relay knows a device of this ID that has an owner, or is claimed by the code on its label.',
    tries: 'Too many tries did not match. This is another PIN.',
  },
  pressTitle: 'Is that you?',
  press: 'Yes, pair',
  doubts: {
    'no-local-address': 'Somebody has typed the PIN. Whether in this very network cannot be seen.',
    'other-subnet': 'Somebody has typed the PIN, in another part of this network.',
    'ipv6-prefix': 'Somebody has typed the PIN, perhaps in another network of this building.',
    'carrier-nat': 'Somebody has typed the PIN. Your provider makes many networks look like this one.',
    'shared-address': 'Somebody has typed the PIN. Many networks look like this one from outside.',
    'many-tries': 'Somebody has typed the PIN, after wrong ones were typed today.',
  },
  sending: 'The PIN matched. Go on in the browser where it was typed.',
  noLocalAddress: (listen) =>
    `This page is at no address of a local network, so no phone can reach it. Start the agent with --listen ${listen}:PORT.`,
  noLocalNetwork:
    'This machine has no address of a local network, so no phone can be in one network with it, and it cannot be paired. Start the agent with --code CODE, and claim it by that code.',
  pairAgainTitle: 'Pair again?',
  pairAgainMeans: 'The relay does not know this device any more. It can be paired anew.',
  pairAgain: 'Pair again',
  connectTitle: (name) => `Connect ${name}?`,
  connectMeans: (relay) => `It will belong to the account in which its PIN was typed, at ${relay}.`,
  connect: 'Connect',
  noCode: 'There is no code in this address. Open the link as the relay’s page shows it.',
  needsNoPairing: 'This device has an owner already.',
  toPanel: 'Show its panel',
  reset: 'Factory reset',
  resetMeans: 'This device is given away: whoever pairs or claims it next owns it. Its owner is told, and may object.',
  resetVerb: 'Reset this device',
  resetUntil: (time) => `It was reset here. Its owner may object until ${time}; then it is free.`,
  jobs: 'Documents',
  jobStates: { recorded: 'waits', waiting: 'waits', fetched: 'is next', executing: 'printing', done: 'printed' },
  pagesOut: (pages) => (pages === 1 ? '1 page out' : `${pages} pages out`),
  cancelJob: 'Cancel',
  moreJobs: (count) => `And ${count} more behind them.`,
}

const japanese: Words = {
  states: { online: 'オンライン', connecting: '接続中', offline: 'オフライン', off: 'オフ', stopped: '停止' },
  online: 'サービスは中継サーバーを通じてこの機器を利用できます。',
  off: 'セッション維持がオフのため、外部から利用できません。利用するにはオンにしてください。',
  reasons: {
    starting: '中継サーバーに接続しています。',
    unclaimed: 'この機器にはまだ所有者がいません。中継サーバーのページで、ラベルのコードを入力してください。',
    'code-used': 'この機器のコードはすでに使用されています。所有者が中継サーバーでこの機器を削除する必要があります。',
    unpaired: 'この機器にはまだ所有者がいません。PINを使ってペアリングしてください。',
    'link-refused': 'そのリンクは使用済みか、期限が切れています。表示中のPINを入力してください。',
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
  alerts: alertWords.ja,
  address: 'アドレス',
  serial: 'シリアル番号',
  claimed: '登録の確認',
  confirmMeans: 'この機器のコードが入力されました。ご自身で入力した場合は、確認を押してください。',
  confirm: '確認',
  pageTitle: 'または、紙で確認',
  pageMeans: '言葉を1つ印刷します。コードを入力した画面に、その言葉を入力してください。',
  printPage: '確認ページを印刷',
  inTray: '排紙トレイ',
  pin: 'PIN',
  pinSoon: 'しばらくお待ちください。PINを取得しています。',
  printPin: 'このPINを印刷',
  pinMeans: (relay) =>
    `同じネットワークにあるスマートフォンまたはパソコンで ${relay} を開き、「ペアリング」でこのPINを入力してください。`,
  checks: {
    pin: 'このネットワークで別のPINが入力されました。ご自身の場合は、数字をもう一度確認してください。',
    network:
      '別のネットワークからこのPINが入力されました。ご自身の場合は、この機器と同じネットワークに接続してください。',
    proxy: '中継サーバーの前のプロキシが接続元を隠しています。管理者に --trusted-proxies の設定を依頼してください。',
    owner: 'このIDの機器にはすでに所有者がいるか、ラベルのコードで登録する必要があります。',
    tries: '一致しない入力が続いたため、PINを変更しました。',
  },
  pressTitle: 'ご本人ですか？',
  press: 'はい、ペアリングする',
  doubts: {
    'no-local-address': 'PINが入力されました。同じネットワークからかどうかは確認できません。',
    'other-subnet': 'このネットワークの別の区画からPINが入力されました。',
    'ipv6-prefix': 'PINが入力されました。建物内の別のネットワークからの可能性があります。',
    'carrier-nat': 'PINが入力されました。通信事業者の設備により、他のネットワークと区別できません。',
    'shared-address': 'PINが入力されました。外部からは多くのネットワークが同じに見えます。',
    'many-tries': '本日、誤ったPINが入力された後に、正しいPINが入力されました。',
  },
  sending: 'PINが一致しました。PINを入力したブラウザーで続けてください。',
  noLocalAddress: (listen) =>
    `このページはローカルネットワークのアドレスで公開されていません。--listen ${listen}:ポート を指定してエージェントを起動してください。`,
  noLocalNetwork:
    'この機器にはローカルネットワークのアドレスがないため、ペアリングできません。--code コード を指定してエージェントを起動し、そのコードで登録してください。',
  pairAgainTitle: 'もう一度ペアリングしますか？',
  pairAgainMeans: '中継サーバーはこの機器を認識していません。もう一度ペアリングできます。',
  pairAgain: 'もう一度ペアリング',
  connectTitle: (name) => `${name} を接続しますか？`,
  connectMeans: (relay) => `PINを入力したアカウント（${relay}）の機器になります。`,
  connect: '接続',
  noCode: 'このアドレスにはコードがありません。中継サーバーのページに表示されたリンクを開いてください。',
  needsNoPairing: 'この機器にはすでに所有者がいます。',
  toPanel: 'パネルを表示',
  reset: '工場出荷時の設定に戻す',
  resetMeans:
    'この機器を手放します。次にペアリングまたは登録した人の機器になります。現在の所有者に通知され、拒否することができます。',
  resetVerb: 'この機器を初期化する',
  resetUntil: (time) =>
    `初期化が要求されました。所有者は ${time} まで拒否できます。その後、誰でも登録できるようになります。`,
  jobs: '文書',
  jobStates: { recorded: '待機中', waiting: '待機中', fetched: '次に印刷', executing: '印刷中', done: '印刷済み' },
  pagesOut: (pages) => `${pages}ページ印刷済み`,
  cancelJob: '取り消す',
  moreJobs: (count) => `ほかに${count}件が待っています。`,
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
