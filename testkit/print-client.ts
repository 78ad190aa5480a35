/** Speaks IPP to a printer, as a computer does that prints. */
import assert from 'node:assert/strict'
import {
  attributesFrom,
  attributesOf,
  decodeResponse,
  encodeRequest,
  findOne,
  type IppAttributes,
  type IppGroup,
  type IppOperation,
  type IppStatus,
  type IppValue,
  ipp,
  ippOperations,
  ippStatus,
} from '@fairlead/protocol/ipp'

export interface PrintClient {
  /** Behind the charset, the language and the printer's URI. */
  ask(operation: IppOperation | number, told?: Told): Promise<Answer>
  /** The same, and it went well. */
  must(operation: IppOperation, told?: Told): Promise<Answer>
  jobState(job: number): Promise<number>
}

type Attributes = Record<string, readonly IppValue[]>

export interface Told {
  operation?: Attributes
  job?: Attributes
  /** More groups behind these. */
  groups?: readonly { kind: IppGroup['kind']; attributes: Attributes }[]
  document?: Uint8Array<ArrayBuffer> | string
}

export interface Answer {
  status: IppStatus | undefined
  message: string
  job: IppAttributes
  jobs: IppAttributes[]
  printer: IppAttributes
  unsupported: IppAttributes
  operation: IppAttributes
  groups: readonly IppGroup[]
  /** What came behind the attributes. */
  document: Uint8Array
}

const statuses = new Map(Object.entries(ippStatus).map(([name, code]) => [code as number, name as IppStatus]))

/** @param url of the relay @param signIn `USER:PASSWORD` */
export function createPrintClient(url: string, device: string, signIn: string): PrintClient {
  const printerUri = `${url.replace(/^http/, 'ipp')}/ipp/print/${device}`
  const authorization = `Basic ${Buffer.from(signIn).toString('base64')}`

  async function ask(operation: IppOperation | number, told: Told = {}): Promise<Answer> {
    const head = encodeRequest({
      version: { major: 2, minor: 0 },
      operation: typeof operation === 'number' ? operation : ippOperations[operation],
      requestId: 1,
      groups: [
        {
          kind: 'operation',
          attributes: attributesFrom({
            'attributes-charset': ipp.charset('utf-8'),
            'attributes-natural-language': ipp.naturalLanguage('en'),
            'printer-uri': ipp.uri(printerUri),
            ...told.operation,
          }),
        },
        ...(told.job ? [{ kind: 'job' as const, attributes: attributesFrom(told.job) }] : []),
        ...(told.groups ?? []).map(({ kind, attributes }) => ({ kind, attributes: attributesFrom(attributes) })),
      ],
    })
    const response = await fetch(`${url}/ipp/print/${device}`, {
      method: 'POST',
      headers: { 'content-type': 'application/ipp', authorization },
      body: Buffer.concat([head, Buffer.from(told.document ?? '')]),
    })
    assert.equal(response.status, 200, await response.clone().text())
    assert.equal(response.headers.get('content-type'), 'application/ipp')
    const { head: answered, rest } = decodeResponse(new Uint8Array(await response.arrayBuffer()))
    const { groups, status } = answered
    return {
      status: statuses.get(status),
      message: findOne(attributesOf(groups, 'operation'), 'status-message', 'text') ?? '',
      job: attributesOf(groups, 'job'),
      jobs: groups.filter(({ kind }) => kind === 'job').map(({ attributes }) => attributes),
      printer: attributesOf(groups, 'printer'),
      unsupported: attributesOf(groups, 'unsupported'),
      operation: attributesOf(groups, 'operation'),
      groups,
      document: rest,
    }
  }

  async function must(operation: IppOperation, told?: Told): Promise<Answer> {
    const answer = await ask(operation, told)
    assert.equal(answer.status, 'successful-ok', `${operation}: ${answer.message}`)
    return answer
  }

  return {
    ask,
    must,
    async jobState(job) {
      const answer = await must('Get-Job-Attributes', { operation: { 'job-id': ipp.integer(job) } })
      return findOne(answer.job, 'job-state', 'enum') ?? 0
    },
  }
}
