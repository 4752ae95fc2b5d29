/** The languages, a line each. One that lacks a text does not compile. */
export { de } from './de'
export { en } from './en'
export { fr } from './fr'
