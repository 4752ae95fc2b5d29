/** What apps ask of Gatehouse, beside other providers. */
import {
  type AppFigures,
  FLOW_STEPS,
  type FlowStep,
  type ProviderName,
  PROVIDERS,
} from '../apps/figures.ts'
import { table } from './table.ts'

export const STEP_TITLES: Record<FlowStep, string> = {
  authorize: 'authorize, consent remembered',
  code: 'token by code',
  refresh: 'token by refresh token, which is replaced',
  userinfo: 'userinfo',
  introspect: 'introspection',
}

const PROVIDER_TITLES: Record<ProviderName, string> = {
  gatehouse: '**Gatehouse**',
  oidc_provider: 'node-oidc-provider',
  better_auth: 'better-auth',
}

export function appsTable(apps: AppFigures): string {
  const heads = PROVIDERS.map((name) => PROVIDER_TITLES[name])
  const lines = FLOW_STEPS.map((step) => {
    const figures = PROVIDERS.map((name) => apps[step][name])
    return [
      STEP_TITLES[step],
      ...figures.map((each) => (each ? each.cpu_ms?.toFixed(2) : 'does not offer')),
      ...figures.map((each) => each?.rps),
    ]
  })
  return table(
    ['', ...heads.map((head) => `${head}, CPU ms`), ...heads.map((head) => `${head}, requests/s`)],
    lines,
  )
}
