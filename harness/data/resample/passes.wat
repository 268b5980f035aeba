;; The inner loops of resizing, on rows of RGB bytes. Integers throughout: every machine gives the same bytes.
;;
;; Output position i is the sum over k of source[first[i] + k] weights[begin[i] + k], plus one half, without its fractional bits, within 0 and
;; 255. `first`, `begin` and `weights` are int32 (coefficients.ts). Whole vectors are read and written: up to 31 bytes behind a source and 15
;; behind a target must be memory, and what is written there is overwritten by the next pixel, row or image.
(module
  (import "weights" "fractionBits" (global $fraction_bits i32))
  (import "weights" "half" (global $half i32))
  (memory (export "memory") 1)

  ;; Sums of four bytes to the bytes, in the lowest four.
  (func $rounded (param $sums v128) (result v128)
    (local.set $sums (i32x4.shr_s (local.get $sums) (global.get $fraction_bits)))
    (local.set $sums (i16x8.narrow_i32x4_s (local.get $sums) (local.get $sums)))
    (i8x16.narrow_i16x8_u (local.get $sums) (local.get $sums)))

  ;; The pass along rows: `rows` rows that are `stride` bytes apart to `rows` rows of `columns` pixels that follow each other.
  (func (export "across")
    (param $source i32) (param $stride i32) (param $rows i32)
    (param $target i32) (param $columns i32)
    (param $first i32) (param $begin i32) (param $weights i32)
    (local $x i32) (local $pixel i32) (local $weight i32) (local $end i32) (local $sums v128)
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $x (i32.const 0))
        (loop $column
          (local.set $pixel
            (i32.add
              (local.get $source)
              (i32.mul (i32.const 3) (i32.load (i32.add (local.get $first) (i32.shl (local.get $x) (i32.const 2)))))))
          (local.set $weight (i32.add (local.get $begin) (i32.shl (local.get $x) (i32.const 2))))
          (local.set $end (i32.add (local.get $weights) (i32.shl (i32.load offset=4 (local.get $weight)) (i32.const 2))))
          (local.set $weight (i32.add (local.get $weights) (i32.shl (i32.load (local.get $weight)) (i32.const 2))))
          (local.set $sums (i32x4.splat (global.get $half)))
          (loop $source_pixel
            ;; Three of the four numbers are the pixel.
            (local.set $sums
              (i32x4.add
                (local.get $sums)
                (i32x4.mul
                  (v128.load32_splat (local.get $weight))
                  (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $pixel)))))))
            (local.set $pixel (i32.add (local.get $pixel) (i32.const 3)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
            (br_if $source_pixel (i32.lt_u (local.get $weight) (local.get $end))))
          (v128.store32_lane 0 (local.get $target) (call $rounded (local.get $sums)))
          (local.set $target (i32.add (local.get $target) (i32.const 3)))
          (local.set $x (i32.add (local.get $x) (i32.const 1)))
          (br_if $column (i32.lt_u (local.get $x) (local.get $columns))))
        (local.set $source (i32.add (local.get $source) (local.get $stride)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $row))))

  ;; The pass along columns: `width` bytes of each row, rows being `stride` bytes apart, to `rows` rows of them that follow each other.
  (func (export "down")
    (param $source i32) (param $stride i32) (param $width i32)
    (param $target i32) (param $rows i32)
    (param $first i32) (param $begin i32) (param $weights i32)
    (local $y i32) (local $column i32) (local $top i32) (local $at i32) (local $weight i32) (local $start i32) (local $end i32)
    (local $bytes v128) (local $factor v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (block $done
      (loop $row
        (br_if $done (i32.eq (local.get $y) (local.get $rows)))
        (local.set $top
          (i32.add
            (local.get $source)
            (i32.mul
              (local.get $stride)
              (i32.load (i32.add (local.get $first) (i32.shl (local.get $y) (i32.const 2)))))))
        (local.set $start (i32.add (local.get $begin) (i32.shl (local.get $y) (i32.const 2))))
        (local.set $end (i32.add (local.get $weights) (i32.shl (i32.load offset=4 (local.get $start)) (i32.const 2))))
        (local.set $start (i32.add (local.get $weights) (i32.shl (i32.load (local.get $start)) (i32.const 2))))
        (local.set $column (i32.const 0))
        (loop $sixteen
          (local.set $at (i32.add (local.get $top) (local.get $column)))
          (local.set $weight (local.get $start))
          (local.set $a (i32x4.splat (global.get $half)))
          (local.set $b (local.get $a))
          (local.set $c (local.get $a))
          (local.set $d (local.get $a))
          (loop $source_row
            (local.set $factor (v128.load32_splat (local.get $weight)))
            (local.set $bytes (i16x8.extend_low_i8x16_u (v128.load (local.get $at))))
            (local.set $a
              (i32x4.add (local.get $a) (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $bytes)))))
            (local.set $b
              (i32x4.add (local.get $b) (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $bytes)))))
            (local.set $bytes (i16x8.extend_high_i8x16_u (v128.load (local.get $at))))
            (local.set $c
              (i32x4.add (local.get $c) (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $bytes)))))
            (local.set $d
              (i32x4.add (local.get $d) (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $bytes)))))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
            (br_if $source_row (i32.lt_u (local.get $weight) (local.get $end))))
          (v128.store
            (i32.add (local.get $target) (local.get $column))
            (i8x16.narrow_i16x8_u
              (i16x8.narrow_i32x4_s
                (i32x4.shr_s (local.get $a) (global.get $fraction_bits))
                (i32x4.shr_s (local.get $b) (global.get $fraction_bits)))
              (i16x8.narrow_i32x4_s
                (i32x4.shr_s (local.get $c) (global.get $fraction_bits))
                (i32x4.shr_s (local.get $d) (global.get $fraction_bits)))))
          (local.set $column (i32.add (local.get $column) (i32.const 16)))
          (br_if $sixteen (i32.lt_u (local.get $column) (local.get $width))))
        (local.set $target (i32.add (local.get $target) (local.get $width)))
        (local.set $y (i32.add (local.get $y) (i32.const 1)))
        (br $row))))

  ;; The rounded means of each two of eight pixels. Two vectors hold them: of bytes 0 to 15 and of bytes 8 to 23.
  (func $means (param $at i32) (result v128)
    (local $low v128) (local $high v128)
    (local.set $low (v128.load (local.get $at)))
    (local.set $high (v128.load offset=8 (local.get $at)))
    (i8x16.avgr_u
      (i8x16.shuffle 0 1 2 6 7 8 12 13 14 26 27 28 0 0 0 0 (local.get $low) (local.get $high))
      (i8x16.shuffle 3 4 5 9 10 11 15 24 25 29 30 31 0 0 0 0 (local.get $low) (local.get $high))))

  ;; Both halvings of a row of `pixels` pixels: the rounded mean of two neighbours, then that of the two rows.
  (func (export "halve") (param $upper i32) (param $lower i32) (param $target i32) (param $pixels i32)
    (loop $four
      (v128.store
        (local.get $target)
        (i8x16.avgr_u (call $means (local.get $upper)) (call $means (local.get $lower))))
      (local.set $upper (i32.add (local.get $upper) (i32.const 24)))
      (local.set $lower (i32.add (local.get $lower) (i32.const 24)))
      (local.set $target (i32.add (local.get $target) (i32.const 12)))
      (local.set $pixels (i32.sub (local.get $pixels) (i32.const 4)))
      (br_if $four (i32.gt_s (local.get $pixels) (i32.const 0))))))
