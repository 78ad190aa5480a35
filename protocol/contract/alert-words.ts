/**
 * What the keywords of `alerts` mean to people; a file of its own, so that a browser takes it without the schemas.
 * Source: RFC 2790 hrPrinterDetectedErrorState.
 */
const en = {
  'low-paper': 'low on paper',
  'no-paper': 'out of paper',
  'low-toner': 'low on toner',
  'no-toner': 'out of toner',
  'door-open': 'a door is open',
  jammed: 'paper jam',
  offline: 'offline',
  'service-requested': 'asks for service',
  'input-tray-missing': 'an input tray is missing',
  'output-tray-missing': 'an output tray is missing',
  'marker-supply-missing': 'a supply is missing',
  'output-near-full': 'output almost full',
  'output-full': 'output full',
  'input-tray-empty': 'an input tray is empty',
  'overdue-prevent-maint': 'maintenance is overdue',
}

const ja: Record<keyof typeof en, string> = {
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
}

export const alertWords = { en, ja }
