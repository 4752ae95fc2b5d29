/** Notifications that MAILS_OFF can switch off. */
export const NOTIFICATIONS = [
  'password-changed',
  'two-factor-on',
  'two-factor-off',
  'two-factor-reset',
  'recovery-code-used',
  'email-changed',
  'email-change-declined',
  'new-device',
  'wrong-second-factor',
  'password-blocked',
  'refresh-reused',
  'passkey-added',
  'passkey-removed',
  'passkey-copied',
  'browser-trusted',
  'browser-trust-reused',
  'api-key-created',
  'webhook-created',
  'webhook-changed',
  'admin-rights-given',
] as const
export type NotificationName = (typeof NOTIFICATIONS)[number]
