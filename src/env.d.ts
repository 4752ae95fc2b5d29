/**
 * The Worker's environment: bindings of wrangler.toml, and settings as they arrive, which is as
 * text that may be missing. Only config.ts reads settings; everything else takes the typed Config.
 */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index')
    durableNamespaces: 'UserSessions' | 'Throttle'
  }
  interface Env {
    DB: D1Database
    USER_SESSIONS: DurableObjectNamespace<import('./sessions/object/user-sessions').UserSessions>
    THROTTLE: DurableObjectNamespace<import('./throttle/throttle').Throttle>
    OUTBOX_QUEUE: Queue<import('./tables/outbox').OutboxMessage>
    EVENTS_QUEUE: Queue<import('./events').EventMessage>
    WEBHOOKS_QUEUE: Queue<import('./tables/outbox').WebhooksMessage>
    EMAIL?: SendEmail
    SIGN_IN_LIMIT: RateLimit
    REGISTER_LIMIT: RateLimit
    API_KEY_LIMIT: RateLimit
    WRONG_API_KEY_LIMIT: RateLimit
    SIGN_IN_WIDE_LIMIT: RateLimit
    REGISTER_WIDE_LIMIT: RateLimit
    WRONG_API_KEY_WIDE_LIMIT: RateLimit
    INTROSPECTION_LIMIT: RateLimit
    FORWARDED_LIMIT: RateLimit
    METRICS?: AnalyticsEngineDataset
    ASSETS: Fetcher
  }
}

interface Env extends Cloudflare.Env {}
