/** What the console says in Japanese while one searches the fleet, saves a search, and works on many devices at once. */
import type { enFleet } from './en-fleet.ts'

const units = (number: number) => `${number.toLocaleString('ja')}台`

const kinds = {
  tag: 'タグ',
  set: '値の変更',
  get: '読み取り',
  command: 'コマンド',
  release: '手放す',
  remove: '削除',
}

export const jaFleet: typeof enFleet = {
  search: {
    completions: '入力の候補',
    offers: (number) => `候補 ${number}件`,
    kinds: {
      key: '絞り込み',
      state: '状態',
      tag: 'タグ',
      model: '機種',
      object: '機器が伝えた値',
      operator: '比較',
    },
    why: {
      form: 'は使われません。値の比較は toner.black<20 のように書いてください。',
      object: 'は使われません。この名前の項目はありえません。',
      number: 'は使われません。< と > は数値と比較します。文字は = または != で比較してください。',
      state: 'は使われません。状態は online、offline、asleep のいずれかです。',
      key: 'という絞り込みはないため、文字として検索します。値の比較は color=true のように書いてください。',
      twice: 'は使われません。同じ種類の絞り込みは最初のものだけが有効です。',
      many: 'は使われません。比較は8個までです。',
    },
  },

  views: {
    title: 'ビュー',
    name: 'この検索の名前',
    save: 'この検索を保存',
    share: 'アカウントの全員に表示する',
    shared: '共有',
    none: 'ビューはまだありません。検索してから、ここで名前を付けて保存してください。',
    copyLink: 'リンクをコピー',
    edit: (name) => `名前または共有を変更: ${name}`,
    remove: (name) => `削除: ${name}`,
    removed: (name) => `「${name}」を削除しました。`,
    undo: '元に戻す',
    newName: '名前',
    keep: '保存',
    leave: 'キャンセル',
    close: '閉じる',
  },

  bulk: {
    title: '選択した機器',
    choose: '選択',
    chooseOne: (id) => `${id} を選択`,
    chosen: (number) => `${units(number)}を選択中`,
    chooseAll: (number) => `該当する${units(number)}すべて`,
    clear: '選択を解除',
    kinds,
    titles: {
      tag: (number) => `${units(number)}のタグ`,
      set: (number) => `${units(number)}の値を変更`,
      get: (number) => `${units(number)}から読み取り`,
      command: (number) => `${units(number)}にコマンドを送信`,
      release: (number) => `${units(number)}を手放しますか？`,
      remove: (number) => `${units(number)}を削除しますか？`,
    },
    losses: {
      release: () =>
        '接続は直ちに切れ、次に登録またはペアリングした人のものになります。それまで、機器の記録はここに残ります。元に戻すには、ラベルのコードで再び登録してください。',
      remove: () =>
        '接続は直ちに切れます。シークレット、タグ、待機中の要求は失われ、計測値と監査ログは残ります。元に戻すには、改めて登録が必要です。',
    },
    words: { release: '手放す', remove: '削除' },
    typeWord: (word) => `台数が多いため、続けるには「${word}」と入力してください`,
    verbs: {
      release: (number) => `${units(number)}を手放す`,
      remove: (number) => `${units(number)}を削除する`,
    },
    submit: { tag: 'タグを変更', set: '変更を送信', get: '読み取る', command: 'コマンドを送信' },
    addTag: '追加するタグ',
    removeTag: '外すタグ',
    onlineOnly: 'オンラインの機器に送信します。その他の機器は結果に示され、要求は保管されません。',
    leave: 'キャンセル',
    results: (kind, number) => `${kinds[kind]}: ${units(number)}`,
    states: {
      running: (done, total) => `${units(total)}中 ${units(done)}…`,
      stopping: (done, total) => `停止しています。${units(total)}中 ${units(done)}。実行中のものは終わるまで待ちます。`,
      ended: (done, total) =>
        done === total ? `${units(total)}すべて終わりました。` : `${units(total)}中 ${units(done)}で停止しました。`,
    },
    outcomes: {
      done: '完了',
      failed: '応答あり、一部は行われませんでした',
      'not-sent': '未送信',
      refused: '拒否されました',
      unknown: '応答なし。行われたかどうか不明です',
    },
    notBegun: '未着手',
    notAgain: '応答のなかった機器は、すでに行われた可能性があるため、再試行から除かれます。',
    perDevice: '機器ごとの結果',
    more: (number) => `他に${units(number)}。すべてはファイルに含まれます`,
    showResults: '表示',
    dismiss: '結果を片付ける',
    stop: '停止',
    again: (number) => `失敗した${units(number)}を再試行`,
    csv: 'CSVで保存',
    csvHead: ['機器', '結果', '詳細'],
    close: '閉じる',
    hide: 'バックグラウンドで続ける',
  },
}
