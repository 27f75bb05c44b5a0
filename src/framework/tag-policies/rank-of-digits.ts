/** The digits of a whole number, after how many they are, so that `<` of texts compares them; leading zeros do not count. */
export function rankOfDigits(digits: string): string {
  const significant = digits.replace(/^0+/, '');
  // No tag has more than 128 characters.
  return String(significant.length).padStart(3, '0') + significant;
}
