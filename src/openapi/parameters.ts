/** The parameters of an operation in the OpenAPI document. */
import * as z from 'zod'
import type { RouteSpec } from '../http/route'
import { exampleOf } from './examples'
import { forwardingParametersOf } from './forwarding'

type Json = Record<string, unknown>

export const parametersOf = (route: RouteSpec): Json[] => [
  ...parameters(route.params?.(), 'path'),
  ...parameters(route.query?.(), 'query'),
  ...forwardingParametersOf(route),
]

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, INPUT) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
    // No examples for optional parameters: tools that try out a call would send them.
    ...(place === 'path' && { example: exampleOf(property, { name }) }),
  }))
}

export const INPUT = { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' } as const
