/** What the console says in Japanese beside charts. */
import type { enCharts } from './en-charts.ts'

export const jaCharts: typeof enCharts = {
  title: '推移',
  ranges: { '7': '7日間', '30': '30日間', '400': '400日間' },
  range: '期間',
  loading: '記録を読み込んでいます…',
  levels: '消耗品の残量',
  pages: '1日あたりの印刷枚数',
  printed: '1日あたりの印刷枚数（機器が通知したジョブ）',
  none: 'この期間の記録はありません。残量は機器が通知したときに記録され、サービスが必要とする間は問い合わせます。',
  gaps: '線の途切れは、1日以上読み取りがなかったことを示します。下端の点線は、機器が残量を把握していなかったことを示します。',
  gapsOfDays: '棒のない日は、読み取りがなかったか、印刷がありませんでした。どちらかは表でわかります。',
  keys: '矢印キーでグラフ上を移動できます。',
  empty: (when, days) => `${when}頃に空になる見込み（直近${days}日間から）`,
  noPrediction: 'いつ空になるかを示すには記録が足りません',
  now: (value) => `現在 ${value}`,
  last: (value, when) => `${value}（${when}）`,
  unread: '読み取りなし',
  asTable: '表で見る',
  columns: { object: '消耗品', value: '残量', from: '開始', until: '終了', day: '日付', pages: '枚数' },
  pagesOf: (number) => `${number}枚`,
  together: (number) => `この期間の合計${number}枚（日ごとの内訳は不明）`,
  startedAnew: 'カウンターが最初に戻りました',
}
