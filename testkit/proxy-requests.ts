/** What an IPP proxy asks (PWG 5100.18), as a file of tests for `ipptool`. */

/** The operations in the order in which a proxy comes to them, each with what is to be in the answer. */
const asProxiesAsk: [operation: string, words: string[], expect: string[]][] = [
  [
    'Create-Printer-Subscriptions',
    [
      'GROUP subscription-attributes-tag',
      'ATTR keyword notify-pull-method ippget',
      'ATTR keyword notify-events job-fetchable',
    ],
    ['notify-subscription-id OF-TYPE integer IN-GROUP subscription-attributes-tag'],
  ],
  [
    'Update-Output-Device-Attributes',
    [
      'GROUP printer-attributes-tag',
      'ATTR mimeMediaType document-format-supported application/pdf',
      'ATTR enum printer-state 3',
    ],
    [],
  ],
  [
    'Get-Output-Device-Attributes',
    [],
    ['document-format-supported OF-TYPE mimeMediaType IN-GROUP printer-attributes-tag'],
  ],
  ['Get-Jobs', ['ATTR keyword which-jobs fetchable'], ['job-id OF-TYPE integer WITH-VALUE $number']],
  [
    'Get-Notifications',
    ['ATTR integer notify-subscription-ids $notify-subscription-id'],
    [
      'notify-get-interval OF-TYPE integer',
      'notify-job-id OF-TYPE integer IN-GROUP event-notification-attributes-tag WITH-VALUE $number',
    ],
  ],
  [
    'Renew-Subscription',
    ['ATTR integer notify-subscription-id $notify-subscription-id'],
    ['notify-lease-duration OF-TYPE integer'],
  ],
  ['Fetch-Job', ['ATTR integer job-id $number'], ['job-state WITH-VALUE 3', 'number-of-documents WITH-VALUE 1']],
  ['Acknowledge-Job', ['ATTR integer job-id $number'], []],
  ['Update-Active-Jobs', ['ATTR integer job-ids $number', 'ATTR enum output-device-job-states 5'], ['!job-ids']],
  [
    'Fetch-Document',
    ['ATTR integer job-id $number', 'ATTR integer document-number 1'],
    ['document-format WITH-VALUE application/pdf', 'compression WITH-VALUE none'],
  ],
  ['Acknowledge-Document', ['ATTR integer job-id $number', 'ATTR integer document-number 1'], []],
  [
    'Update-Document-Status',
    [
      'ATTR integer job-id $number',
      'ATTR integer document-number 1',
      'GROUP document-attributes-tag',
      'ATTR enum output-device-document-state 9',
    ],
    [],
  ],
  [
    'Update-Job-Status',
    [
      'ATTR integer job-id $number',
      'GROUP job-attributes-tag',
      'ATTR enum output-device-job-state 9',
      'ATTR integer job-impressions-completed 3',
    ],
    [],
  ],
  ['Acknowledge-Identify-Printer', [], []],
  ['Cancel-Subscription', ['ATTR integer notify-subscription-id $notify-subscription-id'], []],
  ['Deregister-Output-Device', [], []],
]

export const proxyOperations = asProxiesAsk.map(([operation]) => operation)

/** @param uuid of the proxy @param number of a job that waits */
export function proxyRequests(uuid: string, number: number): string {
  return asProxiesAsk
    .map(([operation, words, expect]) =>
      [
        '{',
        `NAME "${operation}"`,
        `OPERATION ${operation}`,
        'GROUP operation-attributes-tag',
        'ATTR charset attributes-charset utf-8',
        'ATTR naturalLanguage attributes-natural-language en',
        'ATTR uri printer-uri $uri',
        `ATTR uri output-device-uuid ${uuid}`,
        ...words,
        // Nobody has asked the printer to show itself.
        `STATUS ${operation === 'Acknowledge-Identify-Printer' ? 'client-error-not-possible' : 'successful-ok'}`,
        ...expect.map((each) => `EXPECT ${each}`),
        '}',
      ].join('\n'),
    )
    .join('\n')
    .replaceAll('$number', String(number))
}
