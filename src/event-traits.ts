/** What becomes of each event: how long it is kept, and who may read which part of its data. */
import type { EventData, EventName } from './events'

/** What becomes of an event's data, beside being readable by admins. */
interface EventTraits<E extends EventName> {
  /** Which setting says how long the event is kept: AUDIT_SIGN_IN_DAYS or AUDIT_CHANGE_DAYS. */
  readonly keep: 'sign_in' | 'change'
  /** The fields of its data that the user it is about may read. */
  readonly owner: readonly (keyof EventData[E])[]
  /** The fields that webhooks carry in addition to those. */
  readonly webhook: readonly (keyof EventData[E])[]
}

/** Every event, once. A field of the data is shown to nobody but admins until it is listed here. */
export const EVENTS = {
  'user.registered': { keep: 'change', owner: [], webhook: [] },
  'user.verification_resent': { keep: 'sign_in', owner: [], webhook: [] },
  'user.email_verified': { keep: 'change', owner: [], webhook: [] },
  'user.registration_declined': { keep: 'change', owner: [], webhook: [] },
  'user.profile_updated': { keep: 'change', owner: ['fields'], webhook: [] },
  'user.active': { keep: 'sign_in', owner: [], webhook: [] },
  'user.password_changed': { keep: 'change', owner: [], webhook: [] },
  'user.password_reset_requested': { keep: 'sign_in', owner: [], webhook: [] },
  'user.password_reset': { keep: 'change', owner: [], webhook: [] },
  'user.email_change_requested': { keep: 'change', owner: [], webhook: [] },
  'user.email_changed': { keep: 'change', owner: [], webhook: [] },
  'user.email_change_declined': { keep: 'change', owner: [], webhook: [] },
  'user.email_change_undone': { keep: 'change', owner: [], webhook: [] },
  'user.sessions_revoked': { keep: 'change', owner: [], webhook: [] },
  'user.invitation_accepted': { keep: 'change', owner: [], webhook: [] },
  'user.expired': { keep: 'change', owner: [], webhook: [] },
  'user.exported': { keep: 'change', owner: [], webhook: [] },
  'user.erased': { keep: 'change', owner: ['by'], webhook: [] },
  'setup.admin_created': { keep: 'change', owner: [], webhook: [] },
  'rbac.role_assigned': { keep: 'change', owner: ['role'], webhook: [] },
  'rbac.role_removed': { keep: 'change', owner: ['role'], webhook: [] },
  'rbac.role_created': { keep: 'change', owner: ['role', 'permissions'], webhook: [] },
  'rbac.role_changed': { keep: 'change', owner: ['role', 'permissions'], webhook: [] },
  'rbac.role_deleted': { keep: 'change', owner: ['role'], webhook: [] },
  'rbac.permission_created': { keep: 'change', owner: [], webhook: ['permission'] },
  'rbac.permission_deleted': { keep: 'change', owner: [], webhook: ['permission'] },
  'admin.user_viewed': { keep: 'change', owner: [], webhook: [] },
  'admin.user_invited': { keep: 'change', owner: ['roles'], webhook: [] },
  'admin.user_edited': { keep: 'change', owner: ['fields'], webhook: [] },
  'admin.user_activated': { keep: 'change', owner: ['vouched'], webhook: [] },
  'admin.user_deactivated': { keep: 'change', owner: [], webhook: [] },
  'admin.sessions_viewed': { keep: 'change', owner: [], webhook: [] },
  'admin.sessions_revoked': { keep: 'change', owner: ['session_id'], webhook: [] },
  'admin.two_factor_reset': { keep: 'change', owner: [], webhook: [] },
  'admin.password_change_required': { keep: 'change', owner: [], webhook: [] },
  'admin.verification_resent': { keep: 'change', owner: [], webhook: [] },
  'admin.password_reset_sent': { keep: 'change', owner: [], webhook: [] },
  'admin.user_unlocked': { keep: 'change', owner: [], webhook: [] },
  'admin.users_imported': { keep: 'change', owner: [], webhook: ['lines', 'refused'] },
  'admin.users_exported': { keep: 'change', owner: [], webhook: ['format'] },
  'admin.user_activity_viewed': { keep: 'change', owner: [], webhook: [] },
  'admin.audit_exported': { keep: 'change', owner: [], webhook: [] },
  'admin.outbox_retried': { keep: 'change', owner: [], webhook: ['id', 'kind'] },
  'admin.signing_keys_retired': { keep: 'change', owner: [], webhook: [] },
  'webhook.created': { keep: 'change', owner: [], webhook: ['webhook_id', 'events'] },
  'webhook.changed': { keep: 'change', owner: ['fields'], webhook: ['webhook_id'] },
  'webhook.deleted': { keep: 'change', owner: [], webhook: ['webhook_id'] },
  'webhook.secret_rotated': { keep: 'change', owner: [], webhook: ['webhook_id'] },
  'webhook.test': { keep: 'change', owner: [], webhook: ['webhook_id'] },
  'webhook.redelivered': { keep: 'change', owner: [], webhook: ['webhook_id', 'delivery_id'] },
  'webhook.disabled': { keep: 'change', owner: ['reason'], webhook: ['webhook_id'] },
  'api_key.created': {
    keep: 'change',
    owner: ['key_id', 'permissions', 'expires_at'],
    webhook: [],
  },
  'api_key.revoked': { keep: 'change', owner: ['key_id'], webhook: [] },
  'api_key.all_revoked': { keep: 'change', owner: [], webhook: [] },
  'app.sessions_revoked': { keep: 'change', owner: ['app'], webhook: [] },
  'two_factor.setup_started': { keep: 'change', owner: [], webhook: [] },
  'two_factor.enabled': { keep: 'change', owner: [], webhook: [] },
  'two_factor.disabled': { keep: 'change', owner: ['method'], webhook: [] },
  'two_factor.recovery_codes_renewed': { keep: 'change', owner: [], webhook: [] },
  'two_factor.recovery_code_used': { keep: 'change', owner: ['left'], webhook: [] },
  'passkey.added': { keep: 'change', owner: ['passkey_id'], webhook: [] },
  'passkey.renamed': { keep: 'change', owner: ['passkey_id'], webhook: [] },
  'passkey.removed': { keep: 'change', owner: ['passkey_id'], webhook: [] },
  'admin.passkey_removed': { keep: 'change', owner: ['passkey_id'], webhook: [] },
  'user.sign_in_method_undone': {
    keep: 'change',
    owner: ['passkey_id', 'device_id'],
    webhook: [],
  },
  'auth.stepped_up': { keep: 'sign_in', owner: ['session_id', 'amr'], webhook: [] },
  'auth.passkey_copied': { keep: 'change', owner: ['passkey_id'], webhook: [] },
  'auth.device_trusted': { keep: 'change', owner: ['device_id', 'expires_at'], webhook: [] },
  'auth.device_trust_ended': { keep: 'change', owner: ['device_ids', 'reason'], webhook: [] },
  'auth.signed_in': {
    keep: 'sign_in',
    owner: [
      'session_id',
      'expires_at',
      'remember_me',
      'method',
      'amr',
      'strength',
      'passkey_id',
      'new_device',
    ],
    webhook: [],
  },
  'auth.second_factor_failed': { keep: 'sign_in', owner: ['first'], webhook: [] },
  'auth.password_blocked': { keep: 'change', owner: [], webhook: [] },
  'auth.sign_in_failed': { keep: 'sign_in', owner: ['reason'], webhook: [] },
  'auth.sessions_ended': { keep: 'sign_in', owner: ['session_ids', 'reason'], webhook: [] },
  'auth.refresh_reused': { keep: 'sign_in', owner: ['session_id'], webhook: [] },
} as const satisfies { [E in EventName]: EventTraits<E> }

export const EVENT_NAMES = Object.keys(EVENTS) as [EventName, ...EventName[]]

export const isEventName = (name: unknown): name is EventName =>
  typeof name === 'string' && Object.hasOwn(EVENTS, name)
