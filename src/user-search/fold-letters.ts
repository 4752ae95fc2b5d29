/**
 * Letters that are found without their accents. The index's tokenizer strips diacritics from Latin
 * letters. This list covers what the tokenizer leaves: letters without a decomposition in Unicode,
 * and Cyrillic and Greek letters with one. Migration 0009 folds the indexed text with the same
 * list.
 */

export const FOLDED_LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ß: 'ss',
    ẞ: 'ss',
    æ: 'ae',
    Æ: 'ae',
    œ: 'oe',
    Œ: 'oe',
    ø: 'o',
    Ø: 'o',
    ł: 'l',
    Ł: 'l',
    đ: 'd',
    Đ: 'd',
    ð: 'd',
    Ð: 'd',
    þ: 'th',
    Þ: 'th',
    ı: 'i',
    İ: 'i',
    ħ: 'h',
    Ħ: 'h',
    ŧ: 't',
    Ŧ: 't',
    ŋ: 'n',
    Ŋ: 'n',
    ə: 'e',
    Ə: 'e',
    ё: 'е',
    Ё: 'е',
    й: 'и',
    Й: 'и',
    ї: 'і',
    Ї: 'і',
    ў: 'у',
    Ў: 'у',
    ѓ: 'г',
    Ѓ: 'г',
    ќ: 'к',
    Ќ: 'к',
    ѝ: 'и',
    Ѝ: 'и',
    ѐ: 'е',
    Ѐ: 'е',
    ά: 'α',
    Ά: 'α',
    έ: 'ε',
    Έ: 'ε',
    ή: 'η',
    Ή: 'η',
    ί: 'ι',
    Ί: 'ι',
    ό: 'ο',
    Ό: 'ο',
    ύ: 'υ',
    Ύ: 'υ',
    ώ: 'ω',
    Ώ: 'ω',
    ϊ: 'ι',
    Ϊ: 'ι',
    ϋ: 'υ',
    Ϋ: 'υ',
    ΐ: 'ι',
    ΰ: 'υ',
  }),
)

/**
 * Folds a text as the index does, except for case and for the diacritics that the tokenizer strips.
 */
export const foldLetters = (text: string): string =>
  Array.from(text, (letter) => FOLDED_LETTERS.get(letter) ?? letter).join('')
