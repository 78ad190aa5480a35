/** What the console says in Japanese while a device is paired. */
import type { enPair } from './en-pair.ts'

export const jaPair: typeof enPair = {
  title: '機器をペアリング',
  means: '機器のパネルに表示されているPINを入力してください。8桁の数字で、10分間有効です。',
  pin: 'パネルに表示されているPIN',
  sameNetwork:
    'このスマートフォンまたはパソコンは、機器と同じネットワークに接続している必要があります。他の場所からの登録を防ぐためです。VPNは切ってください。',
  submit: 'ペアリング',
  byCode: 'PINが表示されない場合は、ラベルのコードで登録',
  noMatch:
    'お使いのネットワークに、このPINを表示している機器はありません。数字を確認し、機器と同じネットワークに接続して、VPNを切ってください。原因は機器のパネルに表示されます。',
  steps: {
    matched: 'PINが一致しました',
    pressed: '機器での確認',
    pressedWaits: '機器のパネルで「はい、ペアリングする」を押してください。',
    afterThat: 'その後、機器のページへのリンクが表示されます。',
    connected: '機器の接続',
    connectedWaits: '機器のページを開き、「接続」を押してください。',
  },
  doubts: {
    'no-local-address': 'ブラウザーからは接続中のネットワークを確認できません。',
    'other-subnet': '機器とは別の区画のネットワークに接続されています。',
    'ipv6-prefix': 'アドレスの先頭部分だけが機器と一致しています。',
    'carrier-nat': '通信事業者の設備により、他のネットワークと区別できません。',
    'shared-address': '外部からは多くのネットワークが同じに見えます。',
    'many-tries': '本日、この機器に誤ったPINが入力されました。',
  },
  pressFirst: '先に、機器での操作が必要です。',
  almost: 'あと一つ、機器での操作が必要です。',
  goThere: '機器のページを開く',
  connected: (device: string) => `${device} が登録され、接続されました。`,
  expired: '10分が経過したため、このペアリングは終了しました。何も変更されていません。',
  again: '機器に表示されているPINを入力する',
  another: '別の機器をペアリング',
  unknown: 'お使いのアカウントにこのペアリングはありません。',
}
