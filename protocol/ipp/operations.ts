/** The operations of IPP that are spoken here, by their names in the IANA registry. */

/**
 * Source: RFC 8011 §5.4.15; RFC 3380 (Set-Printer-Attributes); RFC 3995 and RFC 3996 (subscriptions); PWG 5100.11 (Cancel-My-Jobs, Close-Job);
 * PWG 5100.13 (Identify-Printer); PWG 5100.18 (what a proxy and its infrastructure printer say to each other).
 */
export const ippOperations = {
  'Print-Job': 0x0002,
  'Validate-Job': 0x0004,
  'Create-Job': 0x0005,
  'Send-Document': 0x0006,
  'Cancel-Job': 0x0008,
  'Get-Job-Attributes': 0x0009,
  'Get-Jobs': 0x000a,
  'Get-Printer-Attributes': 0x000b,
  'Hold-Job': 0x000c,
  'Release-Job': 0x000d,
  'Set-Printer-Attributes': 0x0013,
  'Create-Printer-Subscriptions': 0x0016,
  'Create-Job-Subscriptions': 0x0017,
  'Get-Subscription-Attributes': 0x0018,
  'Get-Subscriptions': 0x0019,
  'Renew-Subscription': 0x001a,
  'Cancel-Subscription': 0x001b,
  'Get-Notifications': 0x001c,
  'Cancel-My-Jobs': 0x0039,
  'Close-Job': 0x003b,
  'Identify-Printer': 0x003c,
  'Acknowledge-Document': 0x003f,
  'Acknowledge-Identify-Printer': 0x0040,
  'Acknowledge-Job': 0x0041,
  'Fetch-Document': 0x0042,
  'Fetch-Job': 0x0043,
  'Get-Output-Device-Attributes': 0x0044,
  'Update-Active-Jobs': 0x0045,
  'Deregister-Output-Device': 0x0046,
  'Update-Document-Status': 0x0047,
  'Update-Job-Status': 0x0048,
  'Update-Output-Device-Attributes': 0x0049,
} as const

export type IppOperation = keyof typeof ippOperations
