/** The alert rules are right by promtool's own judgement, and each leads to a section of the handbook. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const read = (name: string) => readFileSync(pathOf(name), 'utf8')

interface Rule {
  alert: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}

interface Tried {
  alert_rule_test: { alertname: string; exp_alerts: unknown[] }[]
}

const rules: Rule[] = parse(read('deploy/prometheus-alerts.yaml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
)

function promtool(...words: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
}

test('promtool finds the rules right', () => promtool('check', 'rules', pathOf('deploy/prometheus-alerts.yaml')))

test('promtool finds the configuration right', () =>
  promtool('check', 'config', '--syntax-only', pathOf('deploy/prometheus.yaml')))

test('each alert comes when it should, and not when all is well', () =>
  promtool('test', 'rules', pathOf('testkit/fixtures/alerts.yaml')))

test('both are tried for every alert', () => {
  const tried = (parse(read('testkit/fixtures/alerts.yaml')).tests as Tried[]).flatMap((one) => one.alert_rule_test)
  const names = (isGiven: boolean) =>
    new Set(tried.filter(({ exp_alerts }) => exp_alerts.length > 0 === isGiven).map(({ alertname }) => alertname))
  const all = new Set(rules.map(({ alert }) => alert))
  assert.deepEqual(names(true), all)
  assert.deepEqual(names(false), all)
})

test('each alert says how bad it is, how long it has lasted, what it is, and where it is said what to do', () => {
  const headings = [...read('docs/operating.md').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title))
  for (const { alert, for: lasting, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning)$/, alert)
    assert.match(lasting ?? '', /^\d+[sm]$/, alert)
    assert.match(annotations.summary, /^\S.*\.$/, alert)
    const [file, anchor = ''] = annotations.runbook.split('#')
    assert.equal(file, 'docs/operating.md')
    assert.ok(headings.includes(anchor), `${alert}: docs/operating.md has no section #${anchor}`)
  }
})

/** As GitHub makes them of headings. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
