# SPDX-License-Identifier: MIT
"""What a device keeps of a pre-shared key: against the vectors of the RFCs."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "targets", "msp430", "runner"))

import keypad

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
MESSAGE = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")


class Keypad(unittest.TestCase):
    def test_aes(self):
        # FIPS 197, C.1
        self.assertEqual(keypad.aes128(bytes(range(16)), bytes(17 * i for i in range(16))).hex(),
                         "69c4e0d86a7b0430d8cdb78070b4c55a")

    def test_cmac(self):
        # RFC 4493, section 4
        for length, mac in ((0, "bb1d6929e95937287fa37d129b756746"), (16, "070a16b46b4d4144f79bdd9dd04a287c"),
                            (40, "dfa66747de9ae63030ca32611497c827"), (64, "51f0bebf7e3b9d92fc49741779363cfe")):
            self.assertEqual(keypad.aes_cmac(KEY, MESSAGE[:length]).hex(), mac)

    def test_cmac_as_prf_takes_keys_of_any_length(self):
        # RFC 4615, section 4
        key = bytes.fromhex("000102030405060708090a0b0c0d0e0fedcb")
        for length, out in ((18, "84a348a4a45d235babfffc0d2b4da09a"), (16, "980ae87b5f4c9c5214f5b6a8455e4c2d"),
                            (10, "290d9e112edb09ee141fcf64c0b72f3d")):
            self.assertEqual(keypad.PRFS[keypad.AES128_CMAC](key[:length], bytes(range(20))).hex(), out)

    def test_hmac_takes_keys_of_any_length(self):
        # RFC 4231, 4.3 and 4.7
        for key, message, out in ((b"Jefe", b"what do ya want for nothing?",
                                   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
                                  (b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First",
                                   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")):
            self.assertEqual(keypad.PRFS[keypad.HMAC_SHA2_256](key, message).hex(), out)

    def test_pad(self):
        # tests/unit/test_psk_pad.c has the same of the core.
        self.assertEqual(keypad.padded(keypad.AES128_CMAC, b"a pre-shared key").hex(), "37c9f69feda405dcc3c7a7957cffc7ed")
        self.assertEqual(keypad.padded(keypad.AES128_CMAC, b"k" * 65).hex(), "a8c4a160f3e9138e6f5511e893d11303")
        self.assertEqual(keypad.padded(keypad.HMAC_SHA2_256, b"k" * 65).hex(), "567c41f8475ee010c8e982a4883e1536042b68c7650ad8489e3c7c79b4e11e11")


if __name__ == "__main__":
    unittest.main()
